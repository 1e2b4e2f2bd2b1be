// plain_text.hpp -- text from outside, safe to print.
// Owns:    its text.
// Thread:  pure.
// Fails:   never.
// Never:   lets through what moves a terminal's cursor or ends a line.
#pragma once

#include <string>
#include <string_view>

namespace rolecall {

// A blank for each control character (C0, C1 and DEL).
std::string one_line(std::string_view text);

}  // namespace rolecall
