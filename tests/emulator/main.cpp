// main.cpp -- workos-emulator: the emulator as a program.
#include "tests/emulator/program.hpp"

int main(int argc, char** argv) {
  return rolecall::emulator::run_program(argc, argv);
}
