// palette.hpp -- colours that say how a thing stands, where the terminal shows any.
// Owns:    nothing.
// Thread:  values; share freely.
// Fails:   never.
// Never:   is the only sign: the word that is coloured says the same.
#pragma once

#include <string>
#include <string_view>

namespace rolecall {

struct Palette {
  bool on = false;

  std::string good(std::string_view text) const { return in("32", text); }
  std::string warn(std::string_view text) const { return in("33", text); }
  std::string bad(std::string_view text) const { return in("1;31", text); }
  std::string faint(std::string_view text) const { return in("2", text); }

 private:
  std::string in(std::string_view code, std::string_view text) const {
    if (!on || text.empty()) return std::string(text);
    return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
  }
};

// At most so many columns of a line: colours take none, a character one, whatever its bytes.
std::string cut_to(std::string_view line, std::size_t columns);

}  // namespace rolecall
