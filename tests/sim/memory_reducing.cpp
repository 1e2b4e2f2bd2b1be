// Facts in, the reducer's answer out; and the reads that bring facts.
#include <algorithm>

#include "tests/sim/document.hpp"
#include "tests/sim/first_draft.hpp"
#include "tests/sim/memory_database.hpp"
#include "tests/sim/rfc3339.hpp"

namespace rolecall::sim {
namespace {

// Whose things a subject sees: permissions are their role's.
Subject owner_of(const Subject& subject, const MemoryTables& tables) {
  const auto& key = tables.subjects.at(subject).object_key;
  if (!key.starts_with("permissions:")) return subject;
  const auto role = "role" + key.substr(key.find(':'));
  for (const auto& [other, row] : tables.subjects)
    if (row.object_key == role && row.kind != "role.remove") return other;
  return subject;
}

}  // namespace

ObservedRow& MemoryDatabase::observed_of(const Subject& subject) {
  auto& row = t_.observed[subject];
  if (row.object_key.empty())
    if (const auto known = t_.subjects.find(subject); known != t_.subjects.end()) {
      row.organization = known->second.organization;
      row.object_key = known->second.object_key;
    }
  return row;
}

SubjectFacts MemoryDatabase::facts_of(const Subject& subject) const {
  const auto& row = t_.subjects.at(subject);
  const auto& observed = t_.observed.at(subject);
  SubjectFacts facts;
  facts.subject = subject;
  facts.organization = row.organization;
  facts.version = row.version;
  facts.kind = row.kind;
  facts.made_at = rfc3339(row.made_at);
  facts.desired = row.desired;
  facts.touched = row.touched;
  if (const auto at = t_.lanes.find(subject); at != t_.lanes.end()) {
    const auto& lane = at->second;
    facts.lane = LaneFact{lane.state,        lane.wanted,
                          lane.delivered,    lane.kind,
                          lane.desired,      lane.look_after.has_value(),
                          lane.looks_absent, lane.ended == Ended::cancelled};
  }
  for (const auto& [key, waiting] : t_.outbox)
    facts.next_row |=
        waiting.subject == subject && (!facts.lane || waiting.version > facts.lane->wanted);
  facts.role_ended = role_ended(subject);
  facts.unready_slugs = unready_heirs(row.kind, row.desired);
  facts.ended_slugs = ended_slugs(row);
  facts.incarnation = observed.incarnation;
  facts.incarnation_created_at = observed.incarnation_created_at;
  facts.dead_incarnation_at = observed.dead_incarnation_at;
  facts.echoed = observed.echoed;
  facts.confirmed = observed.confirmed;
  facts.looked = observed.looked;
  facts.seen = observed.seen;
  facts.seen_at = observed.seen_at;
  facts.absent_since = observed.absent_since;
  facts.seen_status = observed.seen_status;
  facts.seen_source = observed.seen_source;
  facts.directory_managed = observed.directory_managed;
  for (const auto& [id, send] : t_.sends)
    if (send.subject == subject)
      facts.sends.push_back({id, send.version, send.operation, send.incarnation, send.value,
                             send.state, rfc3339(send.leased_at), send.answer, send.absorbed});
  facts.read = read_of(subject);
  facts.events_on = t_.stream.started_from.has_value();
  if (t_.stream.pulled_at) facts.pulled_at = rfc3339(*t_.stream.pulled_at);
  if (const auto at = t_.inbox.waiting.find(subject); at != t_.inbox.waiting.end())
    for (const auto& [seq, event, key] : at->second)
      facts.events.push_back({event.id, event.type, event.at, event.actor, *event.shown});
  facts.now = rfc3339(now());
  facts.visibility = settings_.visibility;
  facts.send_window = settings_.send_window;
  facts.multiple_roles = settings_.multiple_roles;
  facts.default_role_slug = settings_.default_role_slug;
  return facts;
}

// Of a member: roles that were removed here and may still be seen at WorkOS.
std::vector<std::string> MemoryDatabase::ended_slugs(const SubjectRow& member) const {
  std::vector<std::string> slugs;
  if (!member.kind.starts_with("member.")) return slugs;
  for (const auto& [subject, row] : t_.subjects)
    if (row.kind == "role.remove" && row.organization == member.organization &&
        !is_confirmed(subject))
      slugs.push_back(document_of(row.kind, row.desired)->name);
  return slugs;
}

// An object may pass from one subject to another (a role that was deleted, and made anew under its
// slug, once the end of the first is confirmed): each sees only what is its own.
bool MemoryDatabase::is_anothers(const Subject& subject, const std::string& incarnation) const {
  const auto is_bound = [&](const Subject& to) {
    const auto known = t_.observed.find(to);
    return known != t_.observed.end() && known->second.incarnation == incarnation;
  };
  const auto& self = t_.subjects.at(subject);
  const bool is_ours = is_bound(subject) || t_.inbox.is_given(subject, incarnation);
  const bool is_nobodys_yet = std::ranges::any_of(t_.inbox.unrouted, [&](const InboxRow& row) {
    return row.object_key == self.object_key && row.event.shown->incarnation == incarnation;
  });
  if (is_nobodys_yet && !is_ours) return true;
  for (const auto& [other, row] : t_.subjects) {
    if (other == subject || row.object_key != self.object_key) continue;
    const auto known = t_.observed.find(other);
    const bool ended =
        known != t_.observed.end() && known->second.dead_incarnation_at == incarnation;
    if (is_bound(other) || ended || t_.inbox.is_given(other, incarnation)) return true;
    // Their turn: the end of each is confirmed before the next one is created.
    const bool is_their_turn = row.born > self.born ? is_confirmed(subject) : !is_confirmed(other);
    if (is_their_turn && !is_ours) return true;
  }
  return false;
}

// What the read showed, unless a later send may have overtaken it.
std::optional<ReadFact> MemoryDatabase::read_of(const Subject& subject) const {
  const auto& observed = t_.observed.at(subject);
  if (!observed.pending_read) return std::nullopt;
  for (const auto& [id, send] : t_.sends)
    if (send.subject == subject && id > observed.pending_read->noted_send) return std::nullopt;
  ReadFact read{rfc3339(observed.pending_read->begun_at), observed.pending_read->shown};
  const auto& incarnation = read.shown.incarnation;
  if (incarnation && is_anothers(owner_of(subject, t_), *incarnation)) read.shown = Observation{};
  return read;
}

std::vector<Reduced> MemoryDatabase::reduce(int limit, const Reducer& reducer) {
  std::vector<Subject> due;
  for (const auto& [subject, row] : t_.observed) {
    if (static_cast<int>(due.size()) >= limit) break;
    if (!row.reduce_due_at || *row.reduce_due_at > now() || !t_.subjects.contains(subject) ||
        locked_subjects_.contains(subject) || locked(subject))
      continue;
    const auto lane = t_.lanes.find(subject);
    if (lane == t_.lanes.end() || lane->second.state != LaneState::leased) due.push_back(subject);
  }
  std::vector<Reduced> all;
  for (const auto& subject : due) {
    const auto facts = facts_of(subject);
    const auto reduction = reduce_with(defects_, facts, reducer);
    watcher_->reduced(facts, reduction);
    auto& observed = t_.observed.at(subject);
    observed.reduce_due_at.reset();
    if (reduction) {
      all.push_back(apply(subject, facts, *reduction));
    } else {
      observed.reduce_failure = reduction.error().code + ": " + reduction.error().detail;
      all.push_back({.subject = subject});
    }
  }
  return all;
}

Reduced MemoryDatabase::apply(const Subject& subject, const SubjectFacts& facts,
                              const Reduction& r) {
  auto& observed = t_.observed.at(subject);
  observed.incarnation = r.incarnation;
  observed.incarnation_created_at = r.incarnation_created_at;
  observed.dead_incarnation_at = r.dead_incarnation_at;
  observed.echoed = r.echoed;
  observed.looked = r.looked;
  observed.seen = r.seen;
  observed.seen_at = r.seen_at;
  observed.absent_since = r.absent_since;
  observed.seen_status = r.seen_status;
  observed.seen_source = r.seen_source;
  observed.directory_managed = r.directory_managed;
  observed.reduce_failure.clear();
  for (const auto id : r.closed) t_.sends.erase(id);
  for (const auto& [id, updated_at] : r.matched)
    if (const auto send = t_.sends.find(id); send != t_.sends.end())
      send->second.state = SendState::matched;
  for (const auto id : r.absorbed)
    if (const auto send = t_.sends.find(id); send != t_.sends.end()) send->second.absorbed = true;
  t_.subjects.at(subject).touched = r.touched;
  apply_to_lane(subject, r);
  if (r.adopted_desired) {
    auto& row = t_.subjects.at(subject);
    row.version = Version{row.version.number() + 1};
    row.made_at = now();
    row.kind = r.adopted_kind;
    row.desired = *r.adopted_desired;
    if (on_adopted) on_adopted(subject, row.kind, row.desired);
    if (!r.next) reach(subject, row);
  }
  if (r.next) {
    publish({subject,
             facts.organization,
             r.next->kind,
             r.next->desired,
             r.next->priority,
             {},
             r.next->reason},
            false);
    if (r.next->adopted && !r.adopted_desired && on_adopted)
      on_adopted(subject, r.next->kind, r.next->desired);
    notify();
  }
  if (r.confirmed) {
    observed.confirmed = *r.confirmed;
    t_.confirmations.emplace(subject, *r.confirmed);
  }
  set_verification(subject, r);
  Reduced told{.subject = subject, .audit = r.audit, .confirmed = r.confirmed};
  told.next_row = r.next.has_value();
  told.effective_after = r.effective_after;
  apply_events(subject, r, told);
  return told;
}

// WorkOS has this version already.
void MemoryDatabase::reach(const Subject& subject, const SubjectRow& row) {
  const auto at = t_.lanes.find(subject);
  if (at == t_.lanes.end() || at->second.state == LaneState::leased) return;
  auto& lane = at->second;
  lane.wanted = row.version;
  lane.kind = row.kind;
  lane.desired = row.desired;
  lane.state = LaneState::idle;
  lane.ended = Ended::observed;
  lane.waits_on.reset();
  lane.look_after.reset();
  watcher_->changed(subject, lane);
}

// A read that nobody took yet stays due; a lane that looks is read when its time has come.
void MemoryDatabase::set_verification(const Subject& subject, const Reduction& r) {
  auto& observed = t_.observed.at(subject);
  observed.reading_until.reset();
  if (r.read_waits) {  // it is compared once the stream has reached past it
    observed.verify_at.reset();
    return;
  }
  const auto lane = t_.lanes.find(subject);
  const auto look = lane == t_.lanes.end() ? std::nullopt : lane->second.look_after;
  const auto asked = r.verify_in ? std::optional(now() + *r.verify_in) : std::nullopt;
  if (asked || look) {
    observed.verify_at = asked ? *asked : observed.verify_at.value_or(now());
    if (look) observed.verify_at = std::max(*observed.verify_at, *look);
    if (asked) observed.verify_reason = r.verify_reason;
  } else if (observed.pending_read) {
    observed.verify_at.reset();
  }
  observed.pending_read.reset();
}

void MemoryDatabase::apply_to_lane(const Subject& subject, const Reduction& r) {
  const auto at = t_.lanes.find(subject);
  if (at == t_.lanes.end()) return;
  auto& lane = at->second;
  if (lane.state != LaneState::idle && (r.lane_observed || r.lane_cancelled)) {
    lane.state = LaneState::idle;
    lane.ended = r.lane_observed ? Ended::observed : Ended::cancelled;
    lane.waits_on.reset();
    lane.look_after.reset();
    lane.looks_absent = 0;
    lane.attempts = 0;
    lane.failure.reset();
  } else if (lane.look_after) {
    lane.looks_absent = r.looks_absent;
    if (r.look_over) {
      lane.look_after.reset();
      lane.next_attempt_at = now();
    }
  }
  watcher_->changed(subject, lane);
}

std::vector<Verification> MemoryDatabase::take_verifications(WorkerId worker, int limit) {
  std::vector<Verification> taken;
  const auto session = t_.sessions.find(worker);
  if (session == t_.sessions.end() || session->second.retired_at || t_.provider.paused)
    return taken;
  // What a lane waits for comes before what only confirms.
  std::vector<Subject> order;
  for (const bool looks : {true, false})
    for (const auto& [subject, row] : t_.observed) {
      const auto lane = t_.lanes.find(subject);
      if (looks == (lane != t_.lanes.end() && lane->second.look_after)) order.push_back(subject);
    }
  for (const auto& subject : order) {
    auto& row = t_.observed.at(subject);
    if (static_cast<int>(taken.size()) >= limit) break;
    if (!row.verify_at || *row.verify_at > now() ||
        (row.reading_until && *row.reading_until > now()))
      continue;
    const auto lane = t_.lanes.find(subject);
    if (lane != t_.lanes.end() &&
        (lane->second.state == LaneState::leased || lane->second.look_after > now()))
      continue;
    // Down, a read may be the probe: there may be nothing else to say.
    if (!provider_up() && !grant_one_probe(Millis{1'000}, Millis{5'000})) break;
    row.reading_until = now() + settings_.claim;
    const auto& known = t_.subjects.at(subject);
    Verification asked{subject,       known.organization, family_of(known.kind),
                       known.desired, row.incarnation,    row.verify_reason,
                       known.version, SendId{0},          rfc3339(now())};
    for (const auto& [id, send] : t_.sends)
      if (send.subject == subject) asked.noted_send = id;
    taken.push_back(std::move(asked));
  }
  return taken;
}

// Discarded if anything moved meanwhile.
bool MemoryDatabase::record_read(const RecordedRead& read) {
  const auto& asked = read.asked;
  const auto observed = t_.observed.find(asked.subject);
  if (observed == t_.observed.end()) return false;
  auto& row = observed->second;
  const auto lane = t_.lanes.find(asked.subject);
  const bool there = lane != t_.lanes.end();
  const auto begun = wall_time(asked.begun_at);
  row.reading_until.reset();
  bool moved = t_.subjects.at(asked.subject).version != asked.noted_version ||
               (there && lane->second.state == LaneState::leased);
  for (const auto& [id, send] : t_.sends)
    moved |= send.subject == asked.subject && id > asked.noted_send;
  if (moved) {
    row.verify_at = now() + Millis{1'000};
    return false;
  }
  row.pending_read = PendingRead{begun, asked.noted_send, read.shown};
  row.verify_at.reset();
  row.reduce_due_at = now();
  return true;
}

}  // namespace rolecall::sim
