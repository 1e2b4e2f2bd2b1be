#include "worker/app/preflight/verdicts.hpp"

#include <fmt/format.h>

#include "worker/app/exit_code.hpp"

namespace rolecall::preflight {

Finding good(std::string name, std::string detail) {
  return {.name = std::move(name), .detail = std::move(detail)};
}

Finding warning(std::string name, std::string detail, std::string to_do) {
  return {.name = std::move(name),
          .verdict = Verdict::warning,
          .detail = std::move(detail),
          .to_do = std::move(to_do)};
}

Finding error(std::string name, std::string detail, std::string to_do) {
  return {.name = std::move(name),
          .verdict = Verdict::error,
          .detail = std::move(detail),
          .to_do = std::move(to_do)};
}

Finding unseen(std::string name, const Failure& failure) {
  auto finding =
      error(std::move(name),
            "could not be looked at: " + (failure.detail.empty() ? failure.code : failure.detail),
            "repair that, and run rolecall preflight again");
  finding.unreachable = exit_code::of(failure) == exit_code::unreachable;
  return finding;
}

std::string counted(std::int64_t number, const std::string& what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

std::string span_of(double seconds) {
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  if (seconds < 2 * 3600) return fmt::format("{:.0f} min", seconds / 60);
  if (seconds < 48.0 * 3600) return fmt::format("{:.0f} h", seconds / 3600);
  return fmt::format("{:.0f} days", seconds / 86400);
}

}  // namespace rolecall::preflight
