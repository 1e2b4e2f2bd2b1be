// pages.cpp -- see pages.hpp.
#include "tests/emulator/pages.hpp"

#include <algorithm>
#include <charconv>

namespace rolecall::emulator {

namespace {

std::optional<std::size_t> read_limit(const std::string& text) {
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (limit < 1 || limit > 100) return std::nullopt;
  return limit;
}

}  // namespace

std::variant<PageAsked, Reply> read_page(const Query& query, const void* table, FindPosition find) {
  PageAsked asked;
  std::vector<Problem> problems;
  if (const auto text = query.one("limit")) {
    const auto limit = read_limit(*text);
    if (!limit) problems.push_back({"invalid", "limit", "limit must be between 1 and 100."});
    asked.limit = limit.value_or(asked.limit);
  }
  if (const auto order = query.one("order")) {
    if (*order == "asc")
      asked.order = Order::ascending;
    else if (*order == "normal")
      asked.order = Order::normal;
    else if (*order != "desc")
      problems.push_back({"invalid", "order", "order must be asc, desc or normal."});
  }
  for (const auto& [name, cursor] :
       {std::pair{"before", &asked.before}, std::pair{"after", &asked.after}}) {
    const auto id = query.one(name);
    if (!id || id->empty()) continue;
    *cursor = find(table, *id);
    if (!*cursor) problems.push_back({"invalid", name, "No object has the id " + *id + "."});
  }
  if (!problems.empty()) return invalid(problems);
  return asked;
}

PageCut cut_page(const PageAsked& asked, const std::vector<Position>& listing) {
  const bool reversed = asked.order == Order::normal;
  const std::optional<Position>& from = reversed ? asked.before : asked.after;
  const std::optional<Position>& until = reversed ? asked.after : asked.before;
  const auto stands_before = [&](Position left, Position right) {
    return asked.order == Order::ascending ? left < right : left > right;
  };
  PageCut cut{.begin = 0, .end = std::min(listing.size(), asked.limit)};
  if (from) {
    const auto first = std::ranges::upper_bound(listing, *from, stands_before);
    cut.begin = static_cast<std::size_t>(first - listing.begin());
    cut.end = std::min(listing.size(), cut.begin + asked.limit);
  } else if (until) {
    const auto last = std::ranges::lower_bound(listing, *until, stands_before);
    cut.end = static_cast<std::size_t>(last - listing.begin());
    cut.begin = cut.end > asked.limit ? cut.end - asked.limit : 0;
  }
  if (cut.begin == cut.end) return cut;
  if (cut.begin > 0) (reversed ? cut.after : cut.before) = listing[cut.begin];
  if (cut.end < listing.size()) (reversed ? cut.before : cut.after) = listing[cut.end - 1];
  return cut;
}

}  // namespace rolecall::emulator
