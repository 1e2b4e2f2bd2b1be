#include "outbox/pg/json_reader.hpp"

#include <utility>

namespace rolecall {

Failure unreadable(std::string_view document, std::string_view what) {
  return Failure{.kind = FailureClass::bug,
                 .code = "unreadable_document",
                 .detail = std::string(document) + ": " + std::string(what)};
}

Result<JsonDocument> JsonDocument::parse(const std::string& text) {
  JsonDocument out;
  if (const auto error = out.parser_->parse(text).get(out.root_); error != simdjson::SUCCESS)
    return unreadable("the database's answer", simdjson::error_message(error));
  return out;
}

std::optional<JsonElement> field(JsonElement object, std::string_view key) {
  JsonElement out;
  if (object[key].get(out) != simdjson::SUCCESS || out.is_null()) return std::nullopt;
  return out;
}

std::optional<std::string> maybe_text_at(JsonElement object, std::string_view key) {
  const auto element = field(object, key);
  std::string_view text;
  if (!element || element->get(text) != simdjson::SUCCESS) return std::nullopt;
  return std::string(text);
}

std::string text_at(JsonElement object, std::string_view key) {
  return maybe_text_at(object, key).value_or("");
}

std::int64_t number_at(JsonElement object, std::string_view key) {
  const auto element = field(object, key);
  std::int64_t number = 0;
  if (element && element->get(number) != simdjson::SUCCESS) {
    double real = 0;  // extract(epoch ...) has a fraction
    if (element->get(real) == simdjson::SUCCESS) number = static_cast<std::int64_t>(real);
  }
  return number;
}

bool flag_at(JsonElement object, std::string_view key) {
  const auto element = field(object, key);
  bool flag = false;
  if (!element || element->get(flag) != simdjson::SUCCESS) return false;
  return flag;
}

std::optional<std::string> json_at(JsonElement object, std::string_view key) {
  const auto element = field(object, key);
  if (!element) return std::nullopt;
  return simdjson::to_string(*element);
}

std::vector<std::string> texts_at(JsonElement object, std::string_view key) {
  std::vector<std::string> out;
  const auto element = field(object, key);
  simdjson::dom::array array;
  if (!element || element->get(array) != simdjson::SUCCESS) return out;
  for (const JsonElement item : array) {
    std::string_view text;
    if (item.get(text) == simdjson::SUCCESS) out.emplace_back(text);
  }
  return out;
}

}  // namespace rolecall
