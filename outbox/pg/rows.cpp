#include "outbox/pg/rows.hpp"

#include <charconv>
#include <stdexcept>

namespace rolecall {

const Cell& Rows::at(std::size_t row, std::string_view column) const {
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i] == column) return rows.at(row).at(i);
  throw std::out_of_range("the answer has no column " + std::string(column));
}

std::string Rows::text(std::size_t row, std::string_view column) const {
  return at(row, column).value_or("");
}

std::int64_t Rows::number(std::size_t row, std::string_view column) const {
  const Cell& cell = at(row, column);
  std::int64_t value = 0;
  if (cell) std::from_chars(cell->data(), cell->data() + cell->size(), value);
  return value;
}

bool Rows::flag(std::size_t row, std::string_view column) const {
  const Cell& cell = at(row, column);
  return cell && *cell == "t";
}

std::string array_literal(const std::vector<std::string>& elements) {
  std::string out = "{";
  for (const auto& element : elements) {
    out += out.size() > 1 ? ",\"" : "\"";
    for (char c : element) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  return out + "}";
}

}  // namespace rolecall
