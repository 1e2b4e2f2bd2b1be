// arguments.hpp -- C++ values as arguments of SQL functions.
// Owns:    the text that it makes; nullable() points into its argument.
// Thread:  pure functions.
// Fails:   never.
// Never:   takes a text for SQL: what is made here is passed as a parameter.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace rolecall::client::detail {

// A pointer into `text`, or null for SQL's null.
inline const char* nullable(const std::optional<std::string>& text) {
  return text ? text->c_str() : nullptr;
}

// The literal of a text[]: {"a","b\"c"}.
inline std::string text_array(const std::vector<std::string>& texts) {
  std::string literal = "{";
  for (const auto& text : texts) {
    literal += literal.size() > 1 ? ",\"" : "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') literal += '\\';
      literal += c;
    }
    literal += '"';
  }
  return literal + '}';
}

inline std::optional<std::string> text_array(const std::optional<std::vector<std::string>>& texts) {
  return texts ? std::optional<std::string>(text_array(*texts)) : std::nullopt;
}

}  // namespace rolecall::client::detail
