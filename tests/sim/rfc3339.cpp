#include "tests/sim/rfc3339.hpp"

#include <fmt/format.h>

#include <chrono>

namespace rolecall::sim {
namespace {

int digits(const std::string& text, std::size_t at, std::size_t count) {
  return std::stoi(text.substr(at, count));
}

}  // namespace

std::string rfc3339(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const auto since = (time - day).count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     since / 3'600'000'000, since / 60'000'000 % 60, since / 1'000'000 % 60,
                     since % 1'000'000);
}

WallTime wall_time(const std::string& text) {
  namespace chrono = std::chrono;
  const chrono::month month{static_cast<unsigned>(digits(text, 5, 2))};
  const chrono::day day{static_cast<unsigned>(digits(text, 8, 2))};
  const chrono::sys_days date{chrono::year{digits(text, 0, 4)} / month / day};
  return WallTime{date} + chrono::hours{digits(text, 11, 2)} +
         chrono::minutes{digits(text, 14, 2)} + chrono::seconds{digits(text, 17, 2)} +
         chrono::microseconds{digits(text, 20, 6)};
}

}  // namespace rolecall::sim
