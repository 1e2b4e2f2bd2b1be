// The end of a run: the trouble is over, everything comes to rest, and both sides are compared.
#include <fmt/format.h>

#include <algorithm>

#include "tests/sim/document.hpp"
#include "tests/sim/world_plan.hpp"

namespace rolecall::sim {
namespace {

constexpr Millis kInspection{500};

}  // namespace

void World::end_trouble() {
  note("the trouble is over");
  chaos_.on = false;
  database_->resume_provider();
  at(later(kInspection, kInspection), [this] { inspect(); });
}

void World::inspect() {
  if (over_) return;
  tend();
  if (time_.now() > plan_->trouble_until + plan_->longest_zombie && quiet()) {
    checkers_->at_the_end();
    compare();
    over_ = true;
    return;
  }
  at(later(kInspection, kInspection), [this] { inspect(); });
}

// Dead and held rows are looked at by a person, who lets them go on.
void World::tend() {
  std::vector<Subject> stopped;
  for (const auto& [subject, lane] : database_->tables().lanes)
    if (lane.state == LaneState::dead || lane.state == LaneState::held) stopped.push_back(subject);
  for (const auto& subject : stopped) {
    const auto& lane = database_->tables().lanes.at(subject);
    note(fmt::format("operator: retry {} ({})", subject.text(),
                     lane.failure ? lane.failure->code + " " + lane.failure->detail : "held"));
    database_->retry(subject);
  }
}

bool World::quiet() const {
  const auto& tables = database_->tables();
  if (!tables.outbox.empty() || !stream_is_read()) return false;
  for (const auto& [subject, lane] : tables.lanes)
    if (lane.state != LaneState::idle) return false;
  for (const auto& [subject, row] : tables.subjects) {
    const auto observed = tables.observed.find(subject);
    if (observed == tables.observed.end() || observed->second.confirmed != row.version)
      return false;
  }
  return true;
}

// For whoever reads a trace: what is not at rest.
void World::note_unrest() {
  const auto& tables = database_->tables();
  for (const auto& [subject, row] : tables.subjects) {
    const auto at = tables.observed.find(subject);
    if (at == tables.observed.end() || at->second.confirmed == row.version) continue;
    const auto& o = at->second;
    std::string sends;
    for (const auto& [id, send] : tables.sends)
      if (send.subject == subject)
        sends += fmt::format(" [{} v{} {} {} {}]", id.number(), send.version.number(),
                             name_of(send.operation), name_of(send.state),
                             send.value.value_or("absent"));
    const auto lane = tables.lanes.find(subject);
    note(
        fmt::format("unconfirmed: {} v{} {} {}; lane {}; echoed {}, confirmed {}; seen {} at {} "
                    "by {}; incarnation {}; verify {}; pending read {}; reduce {}; sends{}",
                    subject.text(), row.version.number(), row.kind, row.desired,
                    lane == tables.lanes.end() ? "none" : name_of(lane->second.state),
                    o.echoed.number(), o.confirmed.number(), o.seen.value_or("absent"), o.seen_at,
                    o.seen_source, o.incarnation.value_or("none"), o.verify_at.has_value(),
                    o.pending_read.has_value(), o.reduce_due_at.has_value(), sends));
  }
  for (const auto& [subject, rows] : tables.inbox.waiting)
    note(fmt::format("waiting events: {} {}", subject.text(), rows.size()));
  for (const auto& row : tables.inbox.unrouted)
    note(fmt::format("unrouted: {} {} {}", row.event.id, row.event.type, row.object_key));
}

void World::compare() {
  for (const auto& key : application_->slugs_ever()) compare_role(key);
  for (const auto& key : application_->members_ever()) compare_member(key);
  compare_strangers();
  convergence_->at_rest(things_in(workos_->state()));
}

// With the stream on, nothing is at WorkOS that was never heard of here.
void World::compare_strangers() {
  if (!database_->tables().stream.started_from) return;
  for (const auto& [object, thing] : things_in(workos_->state())) {
    const auto is_it = [&](const auto& known) { return known.second.object_key == object; };
    if (std::ranges::none_of(database_->tables().subjects, is_it))
      checkers_->violated(fmt::format("P1: {} is at WorkOS, and unknown here", object));
  }
}

void World::compare_role(const Application::Key& key) {
  const auto differs = [&](std::string_view how) {
    checkers_->violated(fmt::format("P1: role {} of {} {}", key.second, key.first, how));
  };
  auto* organization = workos_->state().organizations.find(key.first);
  const auto* there = emulator::find_role(organization->roles, key.second);
  const auto meant = application_->roles().find(key);
  if (meant == application_->roles().end()) {
    if (there) differs("is at WorkOS, and was deleted");
    return;
  }
  if (!there) return differs("is not at WorkOS");
  if (there->name != meant->second.name || there->description != meant->second.description)
    differs("has another name or description at WorkOS");
  auto permissions = there->permissions;
  std::ranges::sort(permissions);
  if (meant->second.permissions_managed && permissions != meant->second.permissions)
    differs("has other permissions at WorkOS");
}

void World::compare_member(const Application::Key& key) {
  const auto* there = workos_->state().memberships.of(key.first, key.second);
  const auto meant = application_->members().find(key);
  const bool wanted = meant != application_->members().end();
  const bool same =
      wanted == (there != nullptr) &&
      (!wanted || std::set<std::string>(there->roles.begin(), there->roles.end()) == meant->second);
  if (!same)
    checkers_->violated(fmt::format(
        "P1: member {} of {}: meant {}, at WorkOS {}", key.second, key.first,
        wanted ? fmt::format("{}", fmt::join(meant->second, " ")) : std::string("absent"),
        there ? fmt::format("{}", fmt::join(there->roles, " ")) : std::string("absent")));
}

bool World::workos_holds(const SubjectFacts& facts) {
  const auto document = document_of(facts.kind, facts.desired);
  if (!document) return false;
  // An object that passes from one subject to another is judged at the end.
  const auto& subjects = database_->tables().subjects;
  for (const auto& [subject, row] : subjects)
    if (row.object_key == document->object_key() && subject != facts.subject) return true;
  auto* organization = workos_->state().organizations.find(document->organization);
  std::map<std::string, std::string> elements;
  bool present = false;
  if (document->family == "member") {
    const auto* member = workos_->state().memberships.of(document->organization, document->name);
    present = member != nullptr;
    if (member)
      for (const auto& slug : member->roles) elements[slug] = "";
  } else if (const auto* role = emulator::find_role(organization->roles, document->name)) {
    present = true;
    if (document->family == "role") {
      elements["name"] = role->name;
      elements["description"] = role->description.value_or("");
    } else {
      for (const auto& permission : role->permissions) elements[permission] = "";
    }
  }
  return present == document->present && (!present || elements == document->elements);
}

}  // namespace rolecall::sim
