// ids.cpp -- see ids.hpp.
#include "tests/emulator/ids.hpp"

#include <algorithm>

#include "tests/emulator/times.hpp"

namespace rolecall::emulator {

namespace {

constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::uint64_t kFortyBits = (std::uint64_t{1} << 40) - 1;

void append_base32(std::string& text, std::uint64_t value, int characters) {
  for (int i = characters - 1; i >= 0; --i) text += kCrockford[(value >> (5 * i)) & 31];
}

}  // namespace

std::uint64_t Chance::bits() {
  state_ += 0x9e3779b97f4a7c15;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

double Chance::fraction() {
  return static_cast<double>(bits() >> 11) * 0x1.0p-53;
}

std::uint64_t Chance::below(std::uint64_t bound) {
  return bound == 0 ? 0 : bits() % bound;
}

Millis Chance::between(Millis least, Millis most) {
  if (most <= least) return least;
  const auto span = static_cast<std::uint64_t>((most - least).count()) + 1;
  return least + Millis{static_cast<std::int64_t>(below(span))};
}

std::string IdSource::make(std::string_view prefix, WallTime now) {
  const std::int64_t millis = std::max(epoch_millis(now), last_millis_);
  if (millis == last_millis_) {
    // The same millisecond: the random part counts on, so that ids sort by creation.
    low_ += 1 + chance_.below(1 << 16);
    high_ += low_ >> 40;
    low_ &= kFortyBits;
  } else {
    last_millis_ = millis;
    high_ = chance_.bits() & (kFortyBits >> 1);
    low_ = chance_.bits() & kFortyBits;
  }
  std::string id{prefix};
  append_base32(id, static_cast<std::uint64_t>(millis), 10);
  append_base32(id, high_, 8);
  append_base32(id, low_, 8);
  return id;
}

std::string IdSource::letters(std::size_t count) {
  constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::string text;
  while (text.size() < count) text += alphabet[chance_.below(alphabet.size())];
  return text;
}

}  // namespace rolecall::emulator
