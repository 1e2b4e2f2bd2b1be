// visible.hpp -- the characters that a key, a token or a target may hold.
// Owns:    nothing.
// Thread:  anywhere.
// Fails:   never.
// Never:   depends on the locale.
#pragma once

namespace rolecall {

constexpr bool is_visible(char c) {
  return c > ' ' && c < '\x7f';
}

}  // namespace rolecall
