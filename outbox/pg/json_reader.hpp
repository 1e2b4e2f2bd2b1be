// json_reader.hpp -- reads the documents that the database answers with.
// Owns:    JsonDocument: the parsed text.
// Thread:  one at a time.
// Fails:   a document that is no JSON, or lacks what must be there, is a bug of ours: Failure bug.
// Never:   throws; a field that is absent or null reads as none, "", 0 or false.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outbox/core/failure.hpp"

namespace rolecall {

using JsonElement = simdjson::dom::element;

class JsonDocument {
 public:
  static Result<JsonDocument> parse(const std::string& text);
  JsonElement root() const { return root_; }

 private:
  // Elements point into the parser, so it stays where it is when the document moves.
  std::unique_ptr<simdjson::dom::parser> parser_ = std::make_unique<simdjson::dom::parser>();
  JsonElement root_;
};

// None when the key is absent or null.
std::optional<JsonElement> field(JsonElement object, std::string_view key);

std::string text_at(JsonElement object, std::string_view key);
std::optional<std::string> maybe_text_at(JsonElement object, std::string_view key);
std::int64_t number_at(JsonElement object, std::string_view key);
bool flag_at(JsonElement object, std::string_view key);
// The document at the key, as text.
std::optional<std::string> json_at(JsonElement object, std::string_view key);
std::vector<std::string> texts_at(JsonElement object, std::string_view key);

Failure unreadable(std::string_view document, std::string_view what);

}  // namespace rolecall
