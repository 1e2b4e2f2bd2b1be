#include "tests/sim/outsiders.hpp"

#include <algorithm>
#include <utility>

#include "tests/emulator/times.hpp"
#include "tests/sim/document.hpp"

namespace rolecall::sim {
namespace {

constexpr auto kPresence = "*";
constexpr Millis kClocksApart{
    5'500};  // an event may be so much older than the send it is matched to

const Thing* find(const Things& things, const std::string& object) {
  const auto at = things.find(object);
  return at == things.end() ? nullptr : &at->second;
}

bool is_role(const std::string& object) {
  return object.starts_with("role:");
}

}  // namespace

Things things_in(emulator::State& state) {
  Things things;
  for (const auto& [position, organization] : state.organizations.rows())
    for (const auto& role : organization.roles) {
      auto& thing = things["role:" + key_part(organization.id) + ":" + key_part(role.slug)];
      thing.incarnation = emulator::format_time(role.created_at);
      thing.elements = {{"name", role.name}, {"description", role.description.value_or("")}};
    }
  for (const auto& [position, member] : state.memberships.table().rows()) {
    auto& thing =
        things["member:" + key_part(member.organization_id) + ":" + key_part(member.user_id)];
    thing.incarnation = member.id;
    for (const auto& slug : member.roles) thing.elements[slug] = "";
  }
  return things;
}

const Subject* Outsiders::newest_of(const std::string& object) const {
  const Subject* newest = nullptr;
  OutboxId born{};
  for (const auto& [subject, row] : database_.tables().subjects)
    if (row.object_key == object && (newest == nullptr || row.born > born)) {
      newest = &subject;
      born = row.born;
    }
  return newest;
}

// Do we know which one is there? Contents say something only about a thing that both sides mean.
bool Outsiders::is_settled(const std::string& object, const Thing* there) const {
  const auto& tables = database_.tables();
  const auto* newest = newest_of(object);
  if (newest == nullptr) return there == nullptr;
  const auto observed = tables.observed.find(*newest);
  const auto known =
      observed == tables.observed.end() ? std::nullopt : observed->second.incarnation;
  for (const auto& [subject, row] : tables.subjects) {
    if (row.object_key != object || subject == *newest) continue;
    const auto former = tables.observed.find(subject);
    if (former == tables.observed.end() || former->second.confirmed != row.version) return false;
  }
  return there == nullptr ? !known : known == there->incarnation;
}

// What a late write of ours did before the stream was switched on is told by nobody: until a read
// or an event has shown the thing, it passes for part of the first edit.
bool Outsiders::is_known_since_switch(const std::string& object) const {
  const auto said = first_said_.find(object);
  const auto& switched_on = database_.tables().stream.started_from;
  return said == first_said_.end() || !switched_on || said->second >= *switched_on ||
         shown_.contains(object);
}

bool Outsiders::is_settled_slug(const std::string& member, const std::string& slug) const {
  if (!slug.starts_with("org-")) return true;
  const auto organization = member.substr(7, member.rfind(':') - 7);
  const auto role = "role:" + organization + ":" + key_part(slug);
  const auto things = things_in(workos_.state());
  const auto* there = find(things, role);
  return there != nullptr && is_settled(role, there);
}

// Is there a local change whose echo was not processed?
bool Outsiders::is_pending(const std::string& object, const std::string& element) const {
  const auto* newest = newest_of(object);
  if (newest == nullptr) return false;
  const auto& touched = database_.tables().subjects.at(*newest).touched;
  const auto observed = database_.tables().observed.find(*newest);
  const auto echoed =
      observed == database_.tables().observed.end() ? Version{} : observed->second.echoed;
  for (const auto& name : {element, std::string(kPresence)})
    if (const auto at = touched.find(name); at != touched.end() && at->second > echoed) return true;
  return false;
}

// Whose role begins or ends holds nothing that could be told apart by its slug.
void Outsiders::forget_holders(const std::string& role) {
  const auto organization = role.substr(5, role.rfind(':') - 5);
  const auto slug = role.substr(role.rfind(':') + 1);
  for (auto& [object, expected] : expected_)
    if (object.starts_with("member:" + organization + ":")) expected.erase(slug);
}

void Outsiders::expect_elements(const std::string& object,
                                const std::map<std::string, std::string>& elements) {
  for (const auto& [element, content] : elements)
    if (is_role(object) || is_settled_slug(object, element)) expected_[object][element] = content;
}

void Outsiders::said_here(const OutboxRow& row) {
  const auto document = document_of(row.kind, row.desired);
  if (row.enqueued_by != "application" || !document || document->family == "permissions") return;
  const auto object = document->object_key();
  first_said_.emplace(object, database_.now());
  const auto things = things_in(workos_.state());
  const bool settled = is_settled(object, find(things, object));
  auto& expected = expected_[object];
  const auto& touched = database_.tables().subjects.at(row.subject).touched;
  const auto presence = touched.find(kPresence);
  if (presence != touched.end() && presence->second == row.version) {
    theirs_.erase(object);
    if (is_role(object)) forget_holders(object);
    if (is_role(object) && !settled) return expected.clear();
    if (!document->present) expected.clear();
    for (auto& [element, content] : expected) content.reset();
    expected[kPresence] = document->present ? std::optional<std::string>{""} : std::nullopt;
    return expect_elements(object, document->elements);
  }
  for (const auto& [element, version] : touched) {
    if (version != row.version) continue;
    const auto at = document->elements.find(element);
    if (!settled || (!is_role(object) && !is_settled_slug(object, element)))
      expected.erase(element);
    else
      expected[element] = at == document->elements.end() ? std::nullopt : std::optional(at->second);
  }
}

void Outsiders::before_edit() {
  before_ = things_in(workos_.state());
  events_before_ = workos_.state().events.size();
}

void Outsiders::after_edit(bool named) {
  const auto after = things_in(workos_.state());
  std::set<std::string> objects;
  for (const auto& [object, thing] : before_) objects.insert(object);
  for (const auto& [object, thing] : after) objects.insert(object);
  const auto& events = workos_.state().events;
  events_counted_ = events.size();
  for (auto i = events_before_; i < events.size(); ++i) events_.insert(events[i].id);
  std::vector<std::string> roles;
  for (const auto& object : objects) {
    const auto* was = find(before_, object);
    const auto* is = find(after, object);
    if (was != nullptr && is != nullptr && *was == *is) continue;
    edited(object, was, is);
    if (was == nullptr) theirs_.insert(object);
    if (is_role(object) && (was == nullptr || is == nullptr)) roles.push_back(object);
    last_event_[object] = events.back().id;
    ++edits_[object];
    if (named) continue;
    unnamed_.push_back(
        {object, is != nullptr ? is->elements : Thing{}.elements, is != nullptr, database_.now()});
    for (const auto& [id, send] : database_.tables().sends)
      if (looks_like(unnamed_.back(), send)) coincided_.insert(object);
  }
  for (const auto& role : roles) forget_holders(role);
}

void Outsiders::edited(const std::string& object, const Thing* before, const Thing* after) {
  const bool settled = is_settled(object, before);
  auto& expected = expected_[object];
  if (before != nullptr && after != nullptr && !is_known_since_switch(object))
    return expected.clear();
  if (before == nullptr || after == nullptr) {
    expected.clear();
    if (!settled || is_pending(object, kPresence)) return;
    expected[kPresence] = after != nullptr ? std::optional<std::string>{""} : std::nullopt;
    if (after != nullptr) expect_elements(object, after->elements);
    return;
  }
  std::set<std::string> elements;
  for (const auto& [element, content] : before->elements) elements.insert(element);
  for (const auto& [element, content] : after->elements) elements.insert(element);
  for (const auto& element : elements) {
    const auto was = before->elements.find(element);
    const auto is = after->elements.find(element);
    const bool stays = was != before->elements.end() && is != after->elements.end();
    if (stays && was->second == is->second) continue;
    const bool judged = settled && !is_pending(object, element) &&
                        (is_role(object) || is_settled_slug(object, element));
    if (!judged)
      expected.erase(element);
    else
      expected[element] = is == after->elements.end() ? std::nullopt : std::optional(is->second);
  }
}

bool Outsiders::looks_like(const Edit& edit, const SendRow& send) const {
  if (send.object_key != edit.object || send.state != SendState::open ||
      send.leased_at > edit.at + kClocksApart)
    return false;
  if (send.operation == Operation::remove || !edit.present)
    return send.operation == Operation::remove && !edit.present;
  const auto said = document_of(is_role(edit.object) ? "role.push" : "member.push", *send.value);
  if (!said) return false;
  if (said->elements == edit.elements) return true;
  // What can be said of a member may be a part of what is wanted.
  return !is_role(edit.object) &&
         (std::ranges::includes(said->elements, edit.elements) ||
          edit.elements == std::map<std::string, std::string>{
                               {database_.settings().default_role_slug, std::string()}});
}

void Outsiders::leased(const Subject& subject, LeaseToken token) {
  for (const auto& [id, send] : database_.tables().sends) {
    if (send.subject != subject || send.token != token) continue;
    for (const auto& edit : unnamed_)
      if (edit.at + kClocksApart > send.leased_at && looks_like(edit, send))
        coincided_.insert(edit.object);
  }
}

// Nothing stops a DELETE that is on its way: applied late, it ends the role that somebody else has
// made under the slug meanwhile. One that we make ourselves waits for it (quarantine).
void Outsiders::ended_by_us(const HttpRequest& request) {
  constexpr std::string_view kOrganizations = "/authorization/organizations/";
  constexpr std::string_view kRoles = "/roles/";
  if (!request.target.starts_with(kOrganizations)) return;
  const auto path = request.target.substr(kOrganizations.size());
  const auto at = path.find(kRoles);
  if (at == std::string::npos) return;
  const auto object =
      "role:" + key_part(path.substr(0, at)) + ":" + key_part(path.substr(at + kRoles.size()));
  if (!theirs_.contains(object)) return;
  last_event_[object] = workos_.state().events.back().id;
  expected_.erase(object);
  forget_holders(object);
}

// A write that changes nothing has no event; its answer shows the time of the edit that it repeats,
// and nothing tells whether it came before or after.
void Outsiders::applied(const HttpRequest& request) {
  const auto events = workos_.state().events.size();
  const bool told = std::exchange(events_counted_, events) != events;
  if (told && request.method == "DELETE") ended_by_us(request);
  if (told || request.method != "PUT") return;
  const auto id = request.target.substr(request.target.rfind('/') + 1);
  const auto* member = workos_.state().memberships.find(id);
  if (member == nullptr) return;
  const auto object =
      "member:" + key_part(member->organization_id) + ":" + key_part(member->user_id);
  const auto last = last_event_.find(object);
  if (last == last_event_.end()) return;
  const auto& inbox = database_.tables().inbox;
  const auto waiting = inbox.waiting.find(Subject{object});
  if (!inbox.known.contains({last->second, "member"}) || waiting != inbox.waiting.end())
    coincided_.insert(object);
}

int Outsiders::edits_of(const std::string& object) const {
  const auto at = edits_.find(object);
  return at == edits_.end() ? 0 : at->second;
}

bool Outsiders::is_told(const std::string& object, const Subject& self) const {
  const auto at = last_event_.find(object);
  if (at == last_event_.end()) return true;
  const auto waits = [&](const InboxRow& row) { return row.object_key == object; };
  const auto& inbox = database_.tables().inbox;
  if (std::ranges::any_of(inbox.unrouted, waits)) return false;
  // A role that was made again is another subject's.
  if (is_role(object))
    for (const auto& [subject, rows] : inbox.waiting)
      if (std::ranges::any_of(rows, waits) && subject != self) return false;
  const auto& known = inbox.known;
  return known.contains({at->second, "role"}) || known.contains({at->second, "member"});
}

}  // namespace rolecall::sim
