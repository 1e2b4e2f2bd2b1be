// rows.hpp -- what a statement is given (Params) and what it answers (Rows), as text.
// Owns:    its text.
// Thread:  values; share freely.
// Fails:   at() throws std::out_of_range for a column that the answer does not have: a defect.
// Never:   interprets; PostgreSQL's text form stands as it came.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rolecall {

using Cell = std::optional<std::string>;  // none: NULL
using Params = std::vector<Cell>;

struct Rows {
  std::vector<std::string> columns{};
  std::vector<std::vector<Cell>> rows{};
  std::int64_t affected = 0;  // rows that an INSERT, UPDATE or DELETE changed

  std::size_t size() const { return rows.size(); }
  bool empty() const { return rows.empty(); }
  const Cell& at(std::size_t row, std::string_view column) const;
  // NULL reads as "", 0 and false.
  std::string text(std::size_t row, std::string_view column) const;
  std::int64_t number(std::size_t row, std::string_view column) const;
  bool flag(std::size_t row, std::string_view column) const;
};

// {"a","b\"c"}: an array literal, to be cast in SQL ($1::text[]).
std::string array_literal(const std::vector<std::string>& elements);

}  // namespace rolecall
