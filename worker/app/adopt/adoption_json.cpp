#include "worker/app/adopt/adoption_json.hpp"

#include <boost/json.hpp>

#include "outbox/pg/json_reader.hpp"
#include "outbox/pg/json_writer.hpp"

namespace rolecall {
namespace {

namespace json = boost::json;

Result<simdjson::dom::array> things_in(JsonElement element) {
  simdjson::dom::array things;
  if (element.get(things) != simdjson::SUCCESS) return unreadable("adopt", "no array");
  return things;
}

AdoptThing known_of(JsonElement element, ListedThing read) {
  AdoptThing thing{.read = std::move(read)};
  thing.versioned = flag_at(element, "versioned");
  thing.equal = flag_at(element, "equal");
  thing.here = json_at(element, "here");
  thing.changed_at = text_at(element, "changed_at");
  thing.unknown = texts_at(element, "unknown");
  return thing;
}

bool is_about(JsonElement element, const ListedThing& listed) {
  return text_at(element, "family") == listed.family && text_at(element, "name") == listed.name;
}

std::optional<Person> person_at(JsonElement element, std::string_view key) {
  const auto found = field(element, key);
  if (!found) return std::nullopt;
  return Person{text_at(*found, "id"), text_at(*found, "workos")};
}

json::value staged_role(const EnvironmentRole& role) {
  return {
      {"family", "environment_role"},
      {"name", role.slug},
      {"role",
       {{"slug", role.slug},
        {"name", role.name},
        {"description", role.description},
        {"created_at", role.created_at.empty() ? json::value() : json::value(role.created_at)},
        {"updated_at", role.updated_at.empty() ? json::value() : json::value(role.updated_at)}}}};
}

}  // namespace

Result<std::vector<AdoptThing>> adopt_things_of(const Rows& rows, std::vector<ListedThing> listed) {
  const auto document = JsonDocument::parse(rows.text(0, "answer"));
  if (document.has_error()) return document.error();
  const auto answered = things_in(document->root());
  if (answered.has_error()) return answered.error();
  std::vector<AdoptThing> things;
  std::size_t at = 0;
  for (const JsonElement element : *answered) {
    while (at < listed.size() && !is_about(element, listed[at])) ++at;
    if (at == listed.size()) return unreadable("adopt_page", "a thing that was not listed");
    things.push_back(known_of(element, std::move(listed[at++])));
  }
  return things;
}

Result<AdoptRest> adopt_rest_of(const Rows& rows) {
  const auto document = JsonDocument::parse(rows.text(0, "answer"));
  if (document.has_error()) return document.error();
  AdoptRest rest;
  rest.last = text_at(document->root(), "last");
  const auto list = field(document->root(), "things");
  if (!list) return unreadable("adopt_rest", "no things");
  const auto answered = things_in(*list);
  if (answered.has_error()) return answered.error();
  for (const JsonElement element : *answered) {
    ListedThing read;
    read.family = text_at(element, "family");
    read.name = text_at(element, "name");
    rest.things.push_back(known_of(element, std::move(read)));
  }
  return rest;
}

Result<std::vector<UserMatch>> user_matches_of(const Rows& rows, std::vector<workos::User> listed) {
  const auto document = JsonDocument::parse(rows.text(0, "answer"));
  if (document.has_error()) return document.error();
  const auto answered = things_in(document->root());
  if (answered.has_error()) return answered.error();
  if (answered->size() != listed.size()) return unreadable("adopt_users", "others than asked for");
  std::vector<UserMatch> matches;
  for (const JsonElement element : *answered) {
    UserMatch match{.theirs = std::move(listed[matches.size()])};
    match.holder = text_at(element, "holder");
    match.named = person_at(element, "named");
    if (const auto same = field(element, "same_address")) {
      const auto people = things_in(*same);
      if (people.has_error()) return people.error();
      for (const JsonElement person : *people)
        match.same_address.push_back({text_at(person, "id"), text_at(person, "workos")});
    }
    matches.push_back(std::move(match));
  }
  return matches;
}

Result<AdoptFinish> adopt_finish_of(const Rows& rows) {
  const auto document = JsonDocument::parse(rows.text(0, "answer"));
  if (document.has_error()) return document.error();
  if (flag_at(document->root(), "fenced"))
    return Failure{.kind = FailureClass::lease_lost,
                   .code = std::string(kAdoptionFenced),
                   .detail = "another adoption of the organization has begun"};
  AdoptFinish finish;
  finish.held = static_cast<int>(number_at(document->root(), "held"));
  simdjson::dom::object outcomes;
  if (const auto found = field(document->root(), "outcomes");
      found && found->get(outcomes) == simdjson::SUCCESS)
    for (const auto& [name, count] : outcomes) {
      std::int64_t n = 0;
      if (count.get(n) == simdjson::SUCCESS)
        finish.outcomes[std::string(name)] = static_cast<int>(n);
    }
  return finish;
}

std::string adopt_document(const std::vector<workos::User>& listed) {
  json::array out;
  for (const workos::User& user : listed)
    out.push_back(json::object{
        {"id", user.id},
        {"email", user.email},
        {"external_id", user.external_id.empty() ? json::value() : json::value(user.external_id)}});
  return document_of(json::value(std::move(out)));
}

Result<std::string> adopt_document(const std::vector<AdoptStaged>& things) {
  json::array out;
  for (const auto& [thing, ruling] : things) {
    auto shown = json_of(thing.read.shown);
    if (shown.has_error()) return shown.error();
    auto here = json_of(thing.here);
    if (here.has_error()) return here.error();
    out.push_back(json::object{{"family", thing.read.family},
                               {"name", thing.read.name},
                               {"side", name_of(ruling.side)},
                               {"why", ruling.why},
                               {"begun_at", thing.read.begun_at},
                               {"here", std::move(*here)},
                               {"shown", std::move(*shown)}});
  }
  return document_of(json::value(std::move(out)));
}

std::string adopt_document(const std::vector<EnvironmentRole>& roles) {
  json::array out;
  for (const EnvironmentRole& role : roles) out.push_back(staged_role(role));
  return document_of(json::value(std::move(out)));
}

std::string adopt_document(const std::map<std::string, std::string>& links) {
  json::array out;
  for (const auto& [theirs, ours] : links)
    out.push_back(json::object{{"family", "user"}, {"name", theirs}, {"user", ours}});
  return document_of(json::value(std::move(out)));
}

}  // namespace rolecall
