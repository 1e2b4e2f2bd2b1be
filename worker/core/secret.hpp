// secret.hpp -- text that may be used but not shown: an API key, a webhook secret.
// Owns:    its text.
// Thread:  values; share freely.
// Fails:   never.
// Never:   prints, formats or compares; whoever needs the text says reveal(), which is easy to
//          search for.
#pragma once

#include <iosfwd>
#include <string>
#include <utility>

namespace rolecall {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  const std::string& reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

  friend std::ostream& operator<<(std::ostream&, const Secret&) = delete;

 private:
  std::string text_;
};

}  // namespace rolecall
