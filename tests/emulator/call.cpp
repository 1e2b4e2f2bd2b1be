// call.cpp -- see call.hpp.
#include "tests/emulator/call.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rolecall::emulator {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

}  // namespace

std::string percent_decode(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
        hex_digit(text[i + 2]) >= 0) {
      plain += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

std::string percent_encode(std::string_view text) {
  std::string encoded;
  for (char c : text) {
    if (is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') ||
        std::string_view{"-_.~"}.find(c) != std::string_view::npos)
      encoded += c;
    else
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

Query::Query(std::string_view text) {
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::string value{pair.substr(std::min(pair.size(), equals + 1))};
    std::ranges::replace(value, '+', ' ');
    std::string name = percent_decode(pair.substr(0, equals));
    if (name.ends_with("[]")) name.resize(name.size() - 2);
    if (!name.empty()) pairs_.emplace_back(std::move(name), percent_decode(value));
  }
}

std::optional<std::string> Query::one(std::string_view name) const {
  const auto pair = std::ranges::find(pairs_, name, &std::pair<std::string, std::string>::first);
  if (pair == pairs_.end()) return std::nullopt;
  return pair->second;
}

std::vector<std::string> Query::list(std::string_view name) const {
  std::vector<std::string> all;
  for (const auto& [key, value] : pairs_) {
    if (key != name) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::string_view item = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), item.size() + 1));
      if (!item.empty()) all.emplace_back(item);
    }
  }
  return all;
}

Reply answer(int status, const json::value& body) {
  return {status, json::serialize(body)};
}

Reply refusal(int status, std::string_view code, std::string_view message) {
  return answer(status, {{"message", message}, {"code", code}});
}

Reply not_found(std::string_view what, std::string_view id) {
  return answer(404, {{"message", fmt::format("{} not found: '{}'.", what, id)},
                      {"code", "entity_not_found"},
                      {"entity_id", id}});
}

Reply invalid(const std::vector<Problem>& problems) {
  json::array errors;
  for (const Problem& problem : problems)
    errors.push_back(
        {{"code", problem.code}, {"field", problem.field}, {"message", problem.message}});
  return answer(422, {{"message", "Validation failed."},
                      {"code", "invalid_request_parameters"},
                      {"errors", std::move(errors)}});
}

void Fields::refuse(std::string_view code, std::string_view field, std::string_view message) {
  problems_.push_back({std::string{code}, std::string{field}, std::string{message}});
}

std::string Fields::required_text(std::string_view name, std::size_t most) {
  const std::size_t before = problems_.size();
  std::string value = text(name, most).value_or("");
  if (value.empty() && problems_.size() == before)
    refuse("required", name, fmt::format("{} must be given.", name));
  return value;
}

std::optional<std::string> Fields::text(std::string_view name, std::size_t most) {
  const json::value* value = body_.if_contains(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) {
    refuse("invalid_type", name, fmt::format("{} must be a string.", name));
    return std::nullopt;
  }
  std::string given{value->get_string()};
  if (characters(given) > most) {
    refuse("too_long", name, fmt::format("{} must be at most {} characters.", name, most));
    return std::nullopt;
  }
  return given;
}

std::optional<std::optional<std::string>> Fields::nullable_text(std::string_view name,
                                                                std::size_t most) {
  const json::value* value = body_.if_contains(name);
  if (value != nullptr && value->is_null()) return std::optional<std::string>{};
  auto given = text(name, most);
  if (!given) return std::nullopt;
  return given;
}

std::optional<bool> Fields::flag(std::string_view name) {
  const json::value* value = body_.if_contains(name);
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (value->is_bool()) return value->get_bool();
  refuse("invalid_type", name, fmt::format("{} must be a boolean.", name));
  return std::nullopt;
}

std::optional<std::int64_t> Fields::number(std::string_view name) {
  const json::value* value = body_.if_contains(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_int64()) return value->get_int64();
  refuse("invalid_type", name, fmt::format("{} must be a whole number.", name));
  return std::nullopt;
}

std::optional<std::vector<std::string>> Fields::texts(std::string_view name) {
  const json::value* value = body_.if_contains(name);
  if (value == nullptr) return std::nullopt;
  std::vector<std::string> all;
  const bool is_list = value->is_array();
  if (is_list)
    for (const json::value& item : value->get_array())
      if (item.is_string()) all.emplace_back(item.get_string());
  if (!is_list || all.size() != value->get_array().size()) {
    refuse("invalid_type", name, fmt::format("{} must be an array of strings.", name));
    return std::nullopt;
  }
  return all;
}

std::optional<std::map<std::string, std::optional<std::string>>> Fields::metadata() {
  const json::value* value = body_.if_contains("metadata");
  if (value == nullptr || value->is_null()) return std::nullopt;
  std::map<std::string, std::optional<std::string>> changes;
  if (value->is_object()) {
    for (const auto& [key, item] : value->get_object()) {
      if (item.is_string())
        changes[std::string{key}] = std::string{item.get_string()};
      else if (item.is_null())
        changes[std::string{key}] = std::nullopt;
      else
        refuse("invalid_type", "metadata", "metadata values must be strings.");
    }
    return changes;
  }
  refuse("invalid_type", "metadata", "metadata must be an object.");
  return std::nullopt;
}

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::ranges::count_if(
      utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool is_slug(std::string_view text, std::string_view also) {
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return is_lower_or_digit(c) || c == '-' || c == '_' || also.find(c) != std::string_view::npos;
  });
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_email(std::string_view text) {
  const std::size_t at = text.find('@');
  return at != std::string_view::npos && at > 0 && at == text.rfind('@') &&
         text.find('.', at + 2) != std::string_view::npos && text.back() != '.' &&
         text.find(' ') == std::string_view::npos;
}

bool metadata_fits(const Metadata& metadata) {
  return metadata.size() <= 50 && std::ranges::all_of(metadata, [](const auto& pair) {
           return characters(pair.first) <= 40 && characters(pair.second) <= 600;
         });
}

void merge_metadata(Metadata& into,
                    const std::map<std::string, std::optional<std::string>>& changes) {
  for (const auto& [key, value] : changes) {
    if (value && !value->empty())
      into[key] = *value;
    else
      into.erase(key);
  }
}

}  // namespace rolecall::emulator
