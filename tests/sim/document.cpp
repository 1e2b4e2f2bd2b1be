#include "tests/sim/document.hpp"

#include <boost/json.hpp>

namespace rolecall::sim {
namespace json = boost::json;
namespace {

std::string text_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

void read_list(const json::object& object, std::string_view key, Document& into) {
  if (const auto* value = object.if_contains(key); value && value->is_array())
    for (const auto& item : value->get_array())
      if (item.is_string()) into.elements[std::string(item.get_string())] = "";
}

template <class Names>
JsonText list_text(std::string_view organization, std::string_view key, std::string_view name,
                   std::string_view list, const Names& names) {
  json::array items(names.begin(), names.end());
  return json::serialize(
      json::object{{"organization", organization}, {key, name}, {list, std::move(items)}});
}

}  // namespace

std::string family_of(std::string_view kind) {
  if (kind == "role.permissions") return "permissions";
  return std::string(kind.substr(0, kind.find('.')));
}

bool removes(std::string_view kind) {
  return kind.ends_with(".remove");
}

std::optional<Document> document_of(std::string_view kind, std::string_view desired) {
  json::error_code failed;
  const auto parsed = json::parse(json::string_view(desired.data(), desired.size()), failed);
  if (failed || !parsed.is_object()) return std::nullopt;
  const auto& object = parsed.get_object();
  Document document;
  document.family = family_of(kind);
  document.present = !removes(kind);
  document.organization = text_at(object, "organization");
  document.name = text_at(object, document.family == "member" ? "user" : "slug");
  if (!document.present) return document;
  if (document.family == "role") {
    document.elements["name"] = text_at(object, "name");
    document.elements["description"] = text_at(object, "description");
  } else {
    read_list(object, document.family == "member" ? "roles" : "permissions", document);
  }
  return document;
}

std::string key_part(std::string_view part) {
  std::string encoded;
  for (const char c : part) {
    if (c == '%')
      encoded += "%25";
    else if (c == ':')
      encoded += "%3A";
    else if (c == '*')
      encoded += "%2A";
    else
      encoded += c;
  }
  return encoded;
}

std::string Document::object_key() const {
  return family + ":" + key_part(organization) + ":" + key_part(name);
}

std::vector<std::string> Document::names_slugs() const {
  if (family != "member") return {name};
  std::vector<std::string> slugs;
  for (const auto& [slug, content] : elements) slugs.push_back(slug);
  return slugs;
}

std::set<std::string> difference(const std::optional<Document>& before, const Document& after) {
  std::set<std::string> touched;
  if (!before || before->present != after.present) touched.insert("*");
  const std::map<std::string, std::string> none;
  const auto& old = before ? before->elements : none;
  for (const auto& [element, content] : old) {
    const auto now = after.elements.find(element);
    if (now == after.elements.end() || now->second != content) touched.insert(element);
  }
  for (const auto& [element, content] : after.elements)
    if (!old.contains(element)) touched.insert(element);
  return touched;
}

JsonText role_text(std::string_view organization, std::string_view slug, std::string_view name,
                   const std::optional<std::string>& description) {
  json::object object{{"organization", organization}, {"slug", slug}, {"name", name}};
  object["description"] = description ? json::value(*description) : json::value(nullptr);
  return json::serialize(object);
}

JsonText permissions_text(std::string_view organization, std::string_view slug,
                          const std::vector<std::string>& permissions) {
  return list_text(organization, "slug", slug, "permissions", permissions);
}

JsonText member_text(std::string_view organization, std::string_view user,
                     const std::set<std::string>& roles) {
  return list_text(organization, "user", user, "roles", roles);
}

}  // namespace rolecall::sim
