#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>

#include "worker/app/command_line.hpp"
#include "worker/app/program.hpp"

namespace {

std::optional<std::string> environment_variable(const std::string& name) {
  const auto* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace

int main(int argc, char** argv) {
  const auto console = rolecall::console_of(std::cout, ::isatty(STDOUT_FILENO) == 1, std::cerr,
                                            ::isatty(STDERR_FILENO) == 1, environment_variable);
  rolecall::CommandLine line;
  try {
    return rolecall::run_program(line.parse(argc, argv), environment_variable, console);
  } catch (const CLI::ParseError& error) {
    return line.describe(error, console.out, console.err);
  } catch (const std::exception& error) {
    console.err << "rolecall: a defect: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
