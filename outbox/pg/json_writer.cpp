#include "outbox/pg/json_writer.hpp"

#include <simdjson.h>

#include <boost/json.hpp>
#include <utility>

namespace rolecall {
namespace {

namespace json = boost::json;

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Bytes of the UTF-8 sequence that starts here; 0: it is none.
std::size_t sequence_length(std::string_view rest) {
  const auto first = static_cast<unsigned char>(rest[0]);
  const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (rest.size() < length) return 0;
  return simdjson::validate_utf8(rest.data(), length) ? length : 0;
}

bool fits(std::string_view text) {
  return text.find('\0') == std::string_view::npos &&
         simdjson::validate_utf8(text.data(), text.size());
}

void fit(json::value& value) {
  if (auto* text = value.if_string()) {
    const std::string_view view(text->data(), text->size());
    if (!fits(view)) *text = fit_for_database(view);
  } else if (auto* array = value.if_array()) {
    for (auto& item : *array) fit(item);
  } else if (auto* object = value.if_object()) {
    json::object clean;
    for (auto& [key, item] : *object) {
      fit(item);
      clean[fit_for_database(std::string_view(key.data(), key.size()))] = std::move(item);
    }
    *object = std::move(clean);
  }
}

}  // namespace

std::string fit_for_database(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = text[0] == '\0' ? 0 : sequence_length(text);
    out += length == 0 ? kReplacement : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

Result<json::value> json_of(const JsonText& text) {
  json::error_code error;
  json::value value = json::parse(text, error);
  if (error)
    return Failure{.kind = FailureClass::bug,
                   .code = "unwritable_document",
                   .detail = "a desired state or an observed one is no JSON: " + error.message()};
  return value;
}

Result<json::value> json_of(const std::optional<JsonText>& text) {
  if (!text) return json::value(nullptr);
  return json_of(*text);
}

json::value json_of_text(const std::optional<std::string>& text) {
  if (!text) return nullptr;
  return json::value(json::string(*text));
}

Result<json::value> json_of(const Observation& observation) {
  auto value = json_of(observation.value);
  if (value.has_error()) return value;
  return json::value(json::object{{"incarnation", json_of_text(observation.incarnation)},
                                  {"created_at", observation.created_at},
                                  {"updated_at", observation.updated_at},
                                  {"status", observation.status},
                                  {"directory_managed", observation.directory_managed},
                                  {"value", std::move(*value)}});
}

std::string document_of(json::value value) {
  std::string text = json::serialize(value);
  // Nearly every one is fit, and is not copied. What only says "\\u0000" comes out unchanged below.
  if (text.find("\\u0000") == std::string::npos &&
      simdjson::validate_utf8(text.data(), text.size()))
    return text;
  fit(value);
  return json::serialize(value);
}

}  // namespace rolecall
