#include "bench/scene/promises.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>

namespace rolecall::bench {
namespace {

std::string number(double value) {
  return value == std::floor(value) ? fmt::format("{:.0f}", value) : fmt::format("{:.2f}", value);
}

}  // namespace

void Promises::at_least(const std::string& what, double wanted, double measured,
                        const std::string& unit) {
  tell(what, "at least " + number(wanted) + unit, number(measured) + unit, measured >= wanted);
}

void Promises::at_most(const std::string& what, double wanted, double measured,
                       const std::string& unit) {
  tell(what, "at most " + number(wanted) + unit, number(measured) + unit, measured <= wanted);
}

void Promises::tell(const std::string& what, const std::string& wanted, const std::string& measured,
                    bool holds) {
  held_ = held_ && holds;
  fmt::print("  {:58} wanted {:18} measured {}{}\n", what, wanted, measured,
             holds ? "" : "   DOES NOT HOLD");
  std::fflush(stdout);
}

}  // namespace rolecall::bench
