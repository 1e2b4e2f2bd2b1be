// pages.hpp -- list answers and their cursors.
// Owns:    nothing.
// Thread:  one.
// Fails:   422 for a limit, an order or a cursor that is none.
// Never:   takes rows but oldest first; they leave in the order asked for, newest first by default.
#pragma once

#include <variant>

#include "tests/emulator/call.hpp"

namespace rolecall::emulator {

enum class Order { ascending, descending, normal };  // normal: descending with the cursors reversed

struct PageAsked {
  std::size_t limit = 10;
  Order order = Order::descending;
  std::optional<Position> before{};
  std::optional<Position> after{};
};

using FindPosition = std::optional<Position> (*)(const void* table, const std::string& id);
std::variant<PageAsked, Reply> read_page(const Query& query, const void* table, FindPosition find);

// Which of `listing` (positions in the order of the answer) are on the page, and the cursors' rows.
struct PageCut {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::optional<Position> before{};
  std::optional<Position> after{};
};
PageCut cut_page(const PageAsked& asked, const std::vector<Position>& listing);

// `rows` oldest first; `write` makes the document of one.
template <class T, class R, class Write>
Reply list_page(const Query& query, const Table<T>& table, std::vector<R*> rows, Write write) {
  const auto find = [](const void* any, const std::string& id) {
    return static_cast<const Table<T>*>(any)->position_of(id);
  };
  const auto read = read_page(query, &table, find);
  if (const Reply* refused = std::get_if<Reply>(&read)) return *refused;
  const PageAsked& asked = std::get<PageAsked>(read);
  std::vector<R*> listing = std::move(rows);
  if (asked.order != Order::ascending) listing = {listing.rbegin(), listing.rend()};
  std::vector<Position> positions;
  positions.reserve(listing.size());
  for (const T* row : listing) positions.push_back(row->position);
  const PageCut cut = cut_page(asked, positions);
  json::array data;
  json::object cursors{{"before", nullptr}, {"after", nullptr}};
  for (std::size_t i = cut.begin; i < cut.end; ++i) {
    data.push_back(write(*listing[i]));
    if (cut.before == positions[i]) cursors["before"] = listing[i]->id;
    if (cut.after == positions[i]) cursors["after"] = listing[i]->id;
  }
  return answer(200, {{"object", "list"}, {"data", std::move(data)}, {"list_metadata", cursors}});
}

}  // namespace rolecall::emulator
