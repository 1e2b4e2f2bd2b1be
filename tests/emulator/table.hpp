// table.hpp -- rows of one kind, in order of creation and by id.
// Owns:    its rows, and the ids of those that are gone.
// Thread:  one.
// Fails:   never; a lookup that finds nothing answers null.
// Never:   moves a row: pointers to rows stay good until the row is erased.
#pragma once

#include <unordered_map>

#include "tests/emulator/entities.hpp"

namespace rolecall::emulator {

// The position of an erased row stays known, so that a list cursor outlives its object.
template <class T>
class Table {
 public:
  T& add(T row) {
    row.position = next_++;
    positions_[row.id] = row.position;
    return rows_.insert_or_assign(row.position, std::move(row)).first->second;
  }
  T* find(const std::string& id) {
    const auto known = positions_.find(id);
    return known == positions_.end() ? nullptr : at(known->second);
  }
  T* at(Position position) {
    const auto row = rows_.find(position);
    return row == rows_.end() ? nullptr : &row->second;
  }
  void erase(const std::string& id) {
    if (const auto known = positions_.find(id); known != positions_.end())
      rows_.erase(known->second);
  }
  std::optional<Position> position_of(const std::string& id) const {
    const auto known = positions_.find(id);
    if (known == positions_.end()) return std::nullopt;
    return known->second;
  }
  std::map<Position, T>& rows() { return rows_; }
  const std::map<Position, T>& rows() const { return rows_; }

 private:
  std::map<Position, T> rows_{};
  std::unordered_map<std::string, Position> positions_{};
  Position next_ = 1;
};

}  // namespace rolecall::emulator
