#include "workflows/intent.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <array>
#include <boost/json.hpp>
#include <utility>

namespace rolecall {
namespace {

namespace dom = simdjson::dom;

struct Kind {
  std::string_view name;
  Family family;
  bool present;
};
constexpr std::array<Kind, 5> kKinds{{{"role.push", Family::role, true},
                                      {"role.remove", Family::role, false},
                                      {"role.permissions", Family::permissions, true},
                                      {"member.push", Family::member, true},
                                      {"member.remove", Family::member, false}}};

Failure invalid(std::string detail) {
  return {FailureClass::rejected, "invalid_intent", std::move(detail), {}, 0, {}};
}

std::string_view name_key(Family family) {
  return family == Family::member ? "user" : "slug";
}
std::string_view set_key(Family family) {
  return family == Family::member ? "roles" : "permissions";
}

Result<std::string> text_at(const dom::object& document, std::string_view key) {
  std::string_view text;
  if (document[key].get_string().get(text) != simdjson::SUCCESS)
    return invalid(fmt::format("\"{}\" must be a text", key));
  return std::string(text);
}

// Names stand in paths; a dot segment would name another path.
Result<std::string> path_name_at(const dom::object& document, std::string_view key) {
  auto text = text_at(document, key);
  if (!text) return text;
  if (text->empty() || *text == "." || *text == "..")
    return invalid(fmt::format("\"{}\" must name something, not \"{}\"", key, *text));
  return text;
}

Result<Elements> set_at(const dom::object& document, std::string_view key) {
  dom::array slugs;
  if (document[key].get_array().get(slugs) != simdjson::SUCCESS)
    return invalid(fmt::format("\"{}\" must be a list of slugs", key));
  Elements elements;
  for (const dom::element slug : slugs) {
    std::string_view text;
    if (slug.get_string().get(text) != simdjson::SUCCESS || text.empty())
      return invalid(fmt::format("\"{}\" must hold slugs only", key));
    elements.emplace(std::string(text), std::string());
  }
  return elements;
}

// An empty description and none are one state: WorkOS has no third.
Result<Elements> role_fields(const dom::object& document) {
  auto name = text_at(document, kName);
  if (!name) return name.error();
  Elements elements{{std::string(kName), *name}};
  dom::element description;
  if (document[kDescription].get(description) != simdjson::SUCCESS || description.is_null())
    return elements;
  std::string_view text;
  if (description.get_string().get(text) != simdjson::SUCCESS)
    return invalid("\"description\" must be a text or null");
  if (!text.empty()) elements.emplace(std::string(kDescription), std::string(text));
  return elements;
}

Result<Elements> elements_in(Family family, const dom::object& document) {
  return family == Family::role ? role_fields(document) : set_at(document, set_key(family));
}

Result<ObjectName> object_in(Family family, const dom::object& document) {
  auto organization = path_name_at(document, "organization");
  if (!organization) return organization.error();
  auto name = path_name_at(document, name_key(family));
  if (!name) return name.error();
  return ObjectName{family, *std::move(organization), *std::move(name)};
}

// Calls `use` with the document as an object; the parser outlives what it is given.
template <class Use>
auto with_object(std::string_view document, Use use)
    -> decltype(use(std::declval<const dom::object&>())) {
  dom::parser parser;
  dom::object object;
  const simdjson::padded_string padded(document);
  if (parser.parse(padded).get_object().get(object) != simdjson::SUCCESS)
    return invalid("the desired state must be a JSON object");
  return use(object);
}

boost::json::object named(const ObjectName& object) {
  return {{"organization", object.organization}, {name_key(object.family), object.name}};
}

}  // namespace

std::string_view name_of(Family family) {
  switch (family) {
    case Family::role:
      return "role";
    case Family::permissions:
      return "permissions";
    case Family::member:
      return "member";
  }
  return {};
}

std::optional<Family> family_of(std::string_view name) {
  for (const auto family : {Family::role, Family::permissions, Family::member})
    if (name_of(family) == name) return family;
  return std::nullopt;
}

Result<Intent> intent_of(std::string_view kind, std::string_view desired) {
  const Kind* found = nullptr;
  for (const Kind& known : kKinds)
    if (known.name == kind) found = &known;
  if (found == nullptr) return invalid(fmt::format("\"{}\" is no kind of this program", kind));
  return with_object(desired, [found](const dom::object& document) -> Result<Intent> {
    auto object = object_in(found->family, document);
    if (!object) return object.error();
    if (!found->present) return Intent{*std::move(object), std::nullopt};
    auto elements = elements_in(found->family, document);
    if (!elements) return elements.error();
    if (found->family == Family::member && elements->empty())
      return invalid("\"roles\" must name at least one role: WorkOS has no member without one");
    if (found->family == Family::role && elements->at(std::string(kName)).empty())
      return invalid("\"name\" must not be empty");
    return Intent{*std::move(object), *std::move(elements)};
  });
}

Result<ObjectName> object_of(Family family, std::string_view document) {
  return with_object(document, [family](const dom::object& o) { return object_in(family, o); });
}

Result<Elements> elements_of(Family family, std::string_view document) {
  return with_object(document, [family](const dom::object& o) { return elements_in(family, o); });
}

JsonText document_of(const ObjectName& object, const Elements& elements) {
  boost::json::object document = named(object);
  if (object.family == Family::role) {
    for (const auto key : {kName, kDescription}) {
      const auto found = elements.find(std::string(key));
      document[key] =
          found == elements.end() ? boost::json::value(nullptr) : boost::json::value(found->second);
    }
  } else {
    boost::json::array slugs;
    for (const auto& [slug, unused] : elements) slugs.emplace_back(slug);
    document[set_key(object.family)] = std::move(slugs);
  }
  return boost::json::serialize(document);
}

JsonText document_of(const ObjectName& object) {
  return boost::json::serialize(named(object));
}

std::string kind_of(Family family, const State& state) {
  for (const Kind& kind : kKinds)
    if (kind.family == family && kind.present == state.has_value()) return std::string(kind.name);
  return std::string(kKinds[2].name);  // permissions have no kind that removes them
}

std::string words_for(const State& state) {
  if (!state) return "absent";
  std::string words;
  for (const auto& [element, content] : *state)
    words += (words.empty() ? "" : ", ") + element + (content.empty() ? "" : "=" + content);
  return "{" + words + "}";
}

}  // namespace rolecall
