// routes.hpp -- which call a request line means.
// Owns:    the table of every path that the emulator serves.
// Thread:  pure functions.
// Fails:   nothing is found for a path or method that WorkOS does not have.
// Never:   finds for the API what only the dashboard can do.
#pragma once

#include <span>

#include "tests/emulator/call.hpp"

namespace rolecall::emulator {

using Handler = Reply (*)(Call&);

struct Route {
  std::string_view method;
  std::string_view path;  // {} stands for one segment
  Handler handler;
  bool dashboard_only = false;
};

struct Match {
  Handler handler;
  std::vector<std::string> arguments;
  std::string_view query;  // part of the target
};

std::span<const Route> routes();
std::optional<Match> find_route(std::string_view method, std::string_view target, bool dashboard);

}  // namespace rolecall::emulator
