#include "workflows/picture.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "workflows/timestamps.hpp"

namespace rolecall {
namespace {

Failure unreadable(std::string_view what, std::string_view why) {
  return {FailureClass::bug, "unreadable_fact", fmt::format("{}: {}", what, why), {}, 0, {}};
}

Result<State> state_in(Family family, const std::optional<JsonText>& document,
                       std::string_view what) {
  if (!document) return State{};
  auto elements = elements_of(family, *document);
  if (!elements) return unreadable(what, elements.error().detail);
  return State{*std::move(elements)};
}

Result<PastSend> past_send(Family family, const SendFact& fact) {
  const auto leased_at = wall_time_of(fact.leased_at);
  if (!leased_at) return unreadable("sends.leased_at", fact.leased_at);
  auto value = state_in(family, fact.value, "sends.value");
  if (!value) return value.error();
  PastSend send{fact.id,           fact.version, fact.operation, fact.incarnation,
                *std::move(value), fact.state,   *leased_at};
  if (!fact.answer) return send;
  auto answer = state_in(family, fact.answer->value, "sends.answer");
  if (!answer) return answer.error();
  send.answered = *fact.answer;
  send.answer = *std::move(answer);
  return send;
}

// Absorbed answers say nothing new. Deletes are kept: a read soon after one may be too early.
bool is_spent(const SendFact& fact) {
  return fact.state == SendState::answered && fact.absorbed && fact.operation != Operation::remove;
}

// A delete's answer has no time of WorkOS. It is taken last: what it then says wrongly of a thing
// made after it, a refused POST and a look put right; taken first, our own delete would pass for
// somebody else's.
bool applied_before(const Sighting& a, const Sighting& b) {
  if (a.value.has_value() != b.value.has_value()) return a.value.has_value();
  if (is_earlier(a.shown.updated_at, b.shown.updated_at)) return true;
  if (is_earlier(b.shown.updated_at, a.shown.updated_at)) return false;
  return a.answers->id < b.answers->id;
}

Result<std::vector<Sighting>> answers_in(const SubjectFacts& facts, Family family) {
  std::vector<Sighting> answers;
  for (const SendFact& fact : facts.sends) {
    if (fact.state != SendState::answered || fact.absorbed || !fact.answer) continue;
    auto send = past_send(family, fact);
    if (!send) return send.error();
    State value = send->answer;
    answers.push_back({*std::move(send), {}, *fact.answer, std::move(value)});
    if (answers.back().answers->found_nothing()) answers.back().shown.status.clear();
  }
  std::ranges::sort(answers, applied_before);
  return answers;
}

Result<std::vector<Sighting>> events_in(const SubjectFacts& facts, Family family) {
  std::vector<Sighting> events;
  for (const EventFact& fact : facts.events) {
    const auto at = wall_time_of(fact.at);
    if (!at) return unreadable("event.at", fact.at);
    auto value = state_in(family, fact.shown.value, "event.shown");
    if (!value) return value.error();
    events.push_back({std::nullopt, *at, fact.shown, *std::move(value), fact.id, fact.actor});
  }
  return events;
}

}  // namespace

Result<Picture> picture_of(const SubjectFacts& facts) {
  auto intent = intent_of(facts.kind, facts.desired);
  if (!intent) return intent.error();
  const auto now = wall_time_of(facts.now);
  if (!now) return unreadable("now", facts.now);
  Picture picture;
  picture.object = intent->object;
  const Family family = picture.object.family;
  picture.version = facts.version;
  picture.multiple_roles = facts.multiple_roles;
  picture.default_role = facts.default_role_slug;
  picture.unready = facts.unready_slugs;
  picture.ended = facts.ended_slugs;
  picture.visibility = facts.visibility;
  picture.send_window = facts.send_window;
  picture.events_on = facts.events_on;
  picture.now = *now;
  picture.made_at = wall_time_of(facts.made_at);
  picture.pulled_at = wall_time_of(facts.pulled_at);
  picture.lane = facts.lane;
  picture.desired = std::move(intent->state);
  picture.touched = facts.touched;
  picture.echoed = facts.echoed;
  picture.incarnation = facts.incarnation;
  picture.incarnation_created_at = facts.incarnation_created_at;
  picture.dead_incarnation_at = facts.dead_incarnation_at;
  picture.looked = facts.looked;
  picture.seen_at = facts.seen_at;
  picture.absent_since = facts.absent_since;
  picture.seen_status = facts.seen_status;
  picture.seen_source = facts.seen_source;
  picture.directory_managed = facts.directory_managed;
  auto seen = state_in(family, facts.seen, "observed.seen");
  if (!seen) return seen.error();
  picture.seen = *std::move(seen);
  for (const SendFact& fact : facts.sends) {
    if (is_spent(fact)) continue;
    auto send = past_send(family, fact);
    if (!send) return send.error();
    picture.sends.push_back(*std::move(send));
  }
  return picture;
}

Result<std::vector<Sighting>> sightings_in(const SubjectFacts& facts, const Picture& picture) {
  const Family family = picture.object.family;
  auto sightings = facts.events_on ? events_in(facts, family) : answers_in(facts, family);
  if (!sightings || !facts.read) return sightings;
  const auto begun_at = wall_time_of(facts.read->begun_at);
  if (!begun_at) return unreadable("read.begun_at", facts.read->begun_at);
  if (read_waits(facts)) return sightings;
  auto value = state_in(family, facts.read->shown.value, "read.shown");
  if (!value) return value.error();
  sightings->push_back({std::nullopt, *begun_at, facts.read->shown, *std::move(value)});
  return sightings;
}

// A read never overtakes the stream: what it shows is compared with all that happened before it.
bool read_waits(const SubjectFacts& facts) {
  if (!facts.events_on || !facts.read) return false;
  const auto begun_at = wall_time_of(facts.read->begun_at);
  const auto pulled_at = wall_time_of(facts.pulled_at);
  return begun_at && (!pulled_at || *pulled_at < *begun_at + facts.visibility);
}

bool has_unechoed_change(const Picture& picture) {
  return std::ranges::any_of(picture.touched,
                             [&](const auto& touched) { return touched.second > picture.echoed; });
}

bool is_unechoed(const Picture& picture, const std::string& element) {
  for (const std::string& name : {element, std::string(kPresence)}) {
    const auto found = picture.touched.find(name);
    if (found != picture.touched.end() && found->second > picture.echoed) return true;
  }
  return false;
}

bool has_unechoed_add(const Picture& picture) {
  return picture.desired.has_value() && is_unechoed(picture, std::string(kPresence));
}

bool has_unechoed_removal(const Picture& picture) {
  return !picture.desired.has_value() && is_unechoed(picture, std::string(kPresence));
}

bool awaits_echo(const Picture& picture) {
  return picture.events_on && std::ranges::any_of(picture.sends, [](const PastSend& send) {
           return send.state == SendState::answered;
         });
}

bool agrees(const Picture& picture) {
  if (!picture.looked || awaits_echo(picture)) return false;
  // The permissions of a role that is gone are gone with it, and there is nothing to say any more,
  // unless the role is still to be made.
  if (picture.object.family == Family::permissions && !picture.seen)
    return !picture.dead_incarnation_at.empty() && picture.unready.empty();
  // A local add means an active membership; its POST reactivates one that is inactive.
  if (picture.seen_status == "inactive" && has_unechoed_add(picture)) return false;
  // The same slug, but another role: who holds it there holds the one that ended.
  const auto is_seen = [&](const std::string& slug) {
    return picture.seen && picture.seen->contains(slug);
  };
  if (std::ranges::any_of(picture.unready, is_seen)) return false;
  return picture.desired == picture.seen;
}

std::optional<State> lane_content(const Picture& picture) {
  if (!picture.lane || picture.lane->kind.empty()) return std::nullopt;
  auto intent = intent_of(picture.lane->kind, picture.lane->desired);
  if (!intent) return std::nullopt;
  return std::move(intent->state);
}

}  // namespace rolecall
