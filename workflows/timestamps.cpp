#include "workflows/timestamps.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdlib>

namespace rolecall {
namespace {

using std::chrono::microseconds;

// Takes what it recognises from the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  std::optional<int> number(std::size_t digits) {
    if (rest_.size() < digits) return std::nullopt;
    int value = 0;
    const char* end = rest_.data() + digits;
    const auto [stop, error] = std::from_chars(rest_.data(), end, value);
    if (error != std::errc{} || stop != end || value < 0) return std::nullopt;
    rest_.remove_prefix(digits);
    return value;
  }

  bool one_of(std::string_view characters) {
    if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) return false;
    taken_ = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }

  // ".123" in microseconds; decimals beyond the sixth are cut.
  std::optional<microseconds> decimals() {
    if (!one_of(".")) return microseconds{0};
    std::int64_t value = 0;
    int digits = 0;
    while (one_of("0123456789")) {
      if (digits < 6) value = value * 10 + (taken_ - '0');
      ++digits;
    }
    if (digits == 0) return std::nullopt;
    for (; digits < 6; ++digits) value *= 10;
    return microseconds{value};
  }

  std::optional<std::chrono::minutes> offset() {
    if (rest_.empty() || one_of("Zz")) return std::chrono::minutes{0};
    if (!one_of("+-")) return std::nullopt;
    const int sign = taken_ == '-' ? -1 : 1;
    const auto hours = number(2);
    if (!hours) return std::nullopt;
    one_of(":");
    const int minutes = rest_.empty() ? 0 : number(2).value_or(-1);
    if (minutes < 0) return std::nullopt;
    return std::chrono::minutes{sign * (*hours * 60 + minutes)};
  }

  bool finished() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  void skip(std::size_t count) { rest_.remove_prefix(std::min(count, rest_.size())); }

 private:
  std::string_view rest_;
  char taken_ = 0;
};

std::optional<WallTime> assemble(std::optional<int> y, std::optional<int> mo, std::optional<int> d,
                                 std::optional<int> h, std::optional<int> mi,
                                 std::optional<int> s) {
  if (!y || !mo || !d || !h || !mi || !s) return std::nullopt;
  const std::chrono::year_month_day day{std::chrono::year{*y},
                                        std::chrono::month{static_cast<unsigned>(*mo)},
                                        std::chrono::day{static_cast<unsigned>(*d)}};
  if (!day.ok() || *h > 23 || *mi > 59 || *s > 60) return std::nullopt;
  return std::chrono::sys_days{day} + std::chrono::hours{*h} + std::chrono::minutes{*mi} +
         std::chrono::seconds{*s};
}

}  // namespace

std::optional<WallTime> wall_time_of(std::string_view text) {
  Reader in(text);
  const auto year = in.number(4);
  if (!in.one_of("-")) return std::nullopt;
  const auto month = in.number(2);
  if (!in.one_of("-")) return std::nullopt;
  const auto day = in.number(2);
  if (!in.one_of("Tt ")) return std::nullopt;
  const auto hour = in.number(2);
  if (!in.one_of(":")) return std::nullopt;
  const auto minute = in.number(2);
  if (!in.one_of(":")) return std::nullopt;
  const auto whole = assemble(year, month, day, hour, minute, in.number(2));
  const auto decimals = in.decimals();
  const auto offset = in.offset();
  if (!whole || !decimals || !offset || !in.finished()) return std::nullopt;
  return *whole + *decimals - *offset;
}

std::string text_of(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::duration_cast<microseconds>(time - day)};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

bool is_earlier(std::string_view a, std::string_view b) {
  const auto first = wall_time_of(a);
  const auto second = wall_time_of(b);
  if (first && second) return *first < *second;
  if (a.empty() || b.empty()) return a.empty() && !b.empty();
  return a < b;
}

const std::string& later_of(const std::string& a, const std::string& b) {
  return is_earlier(a, b) ? b : a;
}

std::optional<WallTime> http_date_of(std::string_view text) {
  static constexpr std::array<std::string_view, 12> kMonths{
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto comma = text.find(", ");
  if (comma == std::string_view::npos) return std::nullopt;
  Reader in(text.substr(comma + 2));
  const auto day = in.number(2);
  if (!in.one_of(" ")) return std::nullopt;
  std::optional<int> month;
  for (std::size_t i = 0; i < kMonths.size(); ++i)
    if (in.rest().substr(0, 3) == kMonths[i]) month = static_cast<int>(i) + 1;
  in.skip(3);
  if (!in.one_of(" ")) return std::nullopt;
  const auto year = in.number(4);
  if (!in.one_of(" ")) return std::nullopt;
  const auto hour = in.number(2);
  if (!in.one_of(":")) return std::nullopt;
  const auto minute = in.number(2);
  if (!in.one_of(":")) return std::nullopt;
  const auto second = in.number(2);
  if (in.rest() != " GMT") return std::nullopt;
  return assemble(year, month, day, hour, minute, second);
}

}  // namespace rolecall
