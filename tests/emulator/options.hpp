// options.hpp -- the command line of workos-emulator.
// Owns:    its text.
// Thread:  values.
// Fails:   with what to print and the exit code: 0 for --help, 2 for bad usage.
// Never:   starts anything.
#pragma once

#include <variant>

#include "tests/emulator/emulator.hpp"

namespace rolecall::emulator {

struct ProgramOptions {
  std::uint16_t port = 4100;
  EmulatorOptions emulator{};
};

struct Exit {
  int code = 2;
  std::string message{};
};

std::variant<ProgramOptions, Exit> read_options(int argc, const char* const* argv);

// "um_write=500/10": 500 requests in 10 seconds. False: it is no such thing.
bool read_rate_limit(const std::string& text, RateLimitSettings& settings);

}  // namespace rolecall::emulator
