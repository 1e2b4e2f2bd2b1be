// schema.cpp -- see schema.hpp.
#include "tests/unit/emulator/schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "tests/emulator/times.hpp"

namespace rolecall::emulator {

namespace {

namespace json = boost::json;
using Violations = std::vector<std::string>;

bool is_type(const json::value& value, std::string_view type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_bool();
  if (type == "null") return value.is_null();
  if (type == "integer") return value.is_int64() || value.is_uint64();
  return type == "number" && value.is_number();
}

bool is_one_of(const json::value& value, const json::value& types) {
  if (types.is_string()) return is_type(value, types.get_string());
  return std::ranges::any_of(
      types.as_array(), [&](const json::value& type) { return is_type(value, type.as_string()); });
}

void add(Violations& all, Violations more) {
  std::ranges::move(more, std::back_inserter(all));
}

Violations check_object(const json::object& schema, const json::object& object,
                        const std::string& place) {
  Violations all;
  if (const json::value* required = schema.if_contains("required"))
    for (const json::value& name : required->as_array())
      if (!object.contains(name.as_string()))
        all.push_back(fmt::format("{}: {} is missing", place, std::string_view{name.as_string()}));
  const json::value* properties = schema.if_contains("properties");
  const json::value* others = schema.if_contains("additionalProperties");
  for (const auto& [name, value] : object) {
    const std::string where = place + "/" + std::string{name};
    const json::value* known =
        properties != nullptr ? properties->as_object().if_contains(name) : nullptr;
    if (known != nullptr)
      add(all, violations(*known, value, where));
    else if (others != nullptr && others->is_object())
      add(all, violations(*others, value, where));
    if (const json::value* names = schema.if_contains("propertyNames"))
      add(all, violations(*names, json::value(name), where + " (its name)"));
  }
  if (const json::value* most = schema.if_contains("maxProperties"))
    if (object.size() > most->to_number<std::size_t>()) all.push_back(place + ": too many keys");
  return all;
}

// How many of the alternatives fit.
std::size_t fitting(const json::array& alternatives, const json::value& value) {
  return static_cast<std::size_t>(std::ranges::count_if(
      alternatives,
      [&](const json::value& alternative) { return violations(alternative, value).empty(); }));
}

Violations check_choices(const json::object& schema, const json::value& value,
                         const std::string& place) {
  Violations all;
  if (const json::value* one = schema.if_contains("oneOf"))
    if (const std::size_t fit = fitting(one->as_array(), value); fit != 1)
      all.push_back(fmt::format("{}: fits {} of the alternatives", place, fit));
  if (const json::value* any = schema.if_contains("anyOf"))
    if (fitting(any->as_array(), value) == 0) all.push_back(place + ": fits no alternative");
  if (const json::value* every = schema.if_contains("allOf"))
    for (const json::value& part : every->as_array()) add(all, violations(part, value, place));
  return all;
}

Violations check_text(const json::object& schema, std::string_view text, const std::string& place) {
  Violations all;
  if (const json::value* format = schema.if_contains("format"))
    if (*format == "date-time" && !parse_time(text)) all.push_back(place + ": is no time");
  if (const json::value* most = schema.if_contains("maxLength"))
    if (text.size() > most->to_number<std::size_t>()) all.push_back(place + ": is too long");
  return all;
}

bool is_known(std::string_view keyword) {
  static const std::set<std::string_view> known{
      "type",          "properties",    "required",  "enum",   "const",     "items",
      "oneOf",         "anyOf",         "allOf",     "format", "maxLength", "additionalProperties",
      "propertyNames", "maxProperties", "deprecated"};
  return known.contains(keyword) || keyword.starts_with("x-");
}

}  // namespace

std::vector<std::string> violations(const json::value& schema, const json::value& value,
                                    const std::string& place) {
  Violations all;
  const json::object& rules = schema.as_object();
  for (const auto& [keyword, rule] : rules)
    if (!is_known(keyword))
      all.push_back(fmt::format("{}: unknown keyword {}", place, std::string_view{keyword}));
  const json::value* type = rules.if_contains("type");
  if (type != nullptr && !is_one_of(value, *type)) {
    all.push_back(
        fmt::format("{}: {} is no {}", place, json::serialize(value), json::serialize(*type)));
    return all;
  }
  if (const json::value* wanted = rules.if_contains("const"); wanted && *wanted != value)
    all.push_back(fmt::format("{}: is not {}", place, json::serialize(*wanted)));
  if (const json::value* allowed = rules.if_contains("enum"))
    if (std::ranges::find(allowed->as_array(), value) == allowed->as_array().end())
      all.push_back(fmt::format("{}: {} is not allowed", place, json::serialize(value)));
  if (const json::string* text = value.if_string()) add(all, check_text(rules, *text, place));
  if (const json::object* object = value.if_object()) add(all, check_object(rules, *object, place));
  const json::value* items = rules.if_contains("items");
  if (items != nullptr && value.is_array())
    for (std::size_t i = 0; i < value.get_array().size(); ++i)
      add(all, violations(*items, value.get_array()[i], fmt::format("{}/{}", place, i)));
  add(all, check_choices(rules, value, place));
  return all;
}

}  // namespace rolecall::emulator
