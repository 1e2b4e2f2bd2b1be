// ids.hpp -- object ids as WorkOS makes them: a prefix and 26 characters that sort by creation.
// Owns:    one generator; the same seed and times give the same ids and the same chances.
// Thread:  one.
// Fails:   never.
// Never:   repeats an id, or makes one that sorts before an earlier one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "outbox/core/time.hpp"

namespace rolecall::emulator {

// SplitMix64: small, quick, and the same on every machine.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}
  std::uint64_t bits();
  double fraction();                          // uniform in [0, 1)
  std::uint64_t below(std::uint64_t bound);   // uniform in [0, bound)
  Millis between(Millis least, Millis most);  // both ends included

 private:
  std::uint64_t state_;
};

class IdSource {
 public:
  explicit IdSource(std::uint64_t seed) : chance_(seed) {}
  // prefix "org_" -> "org_01JHZ..."
  std::string make(std::string_view prefix, WallTime now);
  std::string letters(std::size_t count);  // lower case and digits

 private:
  Chance chance_;
  std::int64_t last_millis_ = -1;
  std::uint64_t high_ = 0;  // 40 bits each: the 80 random bits of a ULID
  std::uint64_t low_ = 0;
};

}  // namespace rolecall::emulator
