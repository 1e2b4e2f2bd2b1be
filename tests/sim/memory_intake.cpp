// Intake: what applications changed, and how it becomes what lanes want.
#include <algorithm>

#include "tests/sim/document.hpp"
#include "tests/sim/memory_database.hpp"

namespace rolecall::sim {
namespace {

std::string barrier_of(const OrganizationId& organization) {
  return "member:" + key_part(organization.text()) + ":*";
}

bool is_member(const std::string& kind) {
  return kind.starts_with("member.");
}

}  // namespace

MemoryDatabase::MemoryDatabase(const Clock& clock, WallTime epoch, Settings settings,
                               Defects defects)
    : clock_(clock), epoch_(epoch), settings_(settings), defects_(defects) {
  t_.provider.up_marked_at = now();
}

WallTime MemoryDatabase::now() const {
  return epoch_ + clock_.now().time_since_epoch();
}

OutboxId MemoryDatabase::mutate(const Mutation& mutation) {
  const auto id = publish(mutation, mutation.is_local);
  notify();
  return id;
}

// The subject takes its next version, and the outbox one row that carries it.
OutboxId MemoryDatabase::publish(const Mutation& mutation, bool touch) {
  auto& row = t_.subjects[mutation.subject];
  const auto before = row.kind.empty() ? std::nullopt : document_of(row.kind, row.desired);
  row.organization = mutation.organization;
  row.version = Version{row.version.number() + 1};
  row.made_at = now();
  row.kind = mutation.kind;
  row.desired = mutation.desired;
  if (const auto document = document_of(row.kind, row.desired)) {
    row.object_key = document->object_key();
    if (touch)
      for (const auto& element : difference(before, *document)) row.touched[element] = row.version;
  }
  const OutboxId id{++last_outbox_};
  if (row.born == OutboxId{}) row.born = id;
  const auto& published =
      t_.outbox
          .emplace(std::pair(mutation.priority, id),
                   OutboxRow{id, mutation.organization, mutation.subject, row.version,
                             mutation.kind, mutation.desired, mutation.waits, mutation.priority,
                             now(), touch ? "application" : "reducer", mutation.reason})
          .first->second;
  watcher_->published(published);
  return id;
}

void MemoryDatabase::notify() {
  if (sleepers_.empty()) return;
  for (const auto& [id, wake_up] : listeners_) wake_up();
}

void MemoryDatabase::lock_subject(const Subject& subject) {
  locked_subjects_[subject] = sleepers_.empty();
}

void MemoryDatabase::unlock_subject(const Subject& subject) {
  locked_subjects_.erase(subject);
}

bool MemoryDatabase::met(const Wait& wait) const {
  if (!wait.subject.ends_with(":*")) {
    const Subject subject{wait.subject};
    const auto lane = t_.lanes.find(subject);
    if (lane != t_.lanes.end() && lane->second.reached().number() >= wait.version) return true;
    const auto observed = t_.observed.find(subject);
    return observed != t_.observed.end() && observed->second.confirmed.number() >= wait.version;
  }
  for (const auto& [key, row] : t_.outbox)
    if (is_member(row.kind) && row.id.number() < wait.version &&
        barrier_of(row.organization) == wait.subject)
      return false;
  for (const auto& [subject, lane] : t_.lanes)
    if (lane.state != LaneState::idle && lane.state != LaneState::dead && is_member(lane.kind) &&
        lane.owed_since.number() < wait.version && barrier_of(lane.organization) == wait.subject)
      return false;
  return true;
}

std::optional<Wait> MemoryDatabase::first_unmet(const std::vector<Wait>& waits) const {
  if (defects_.ignores_waits) return std::nullopt;
  for (const auto& wait : waits)
    if (!met(wait)) return wait;
  return std::nullopt;
}

// Revocations first; within a priority the organizations take turns.
std::vector<std::pair<int, OutboxId>> MemoryDatabase::choose_rows(int limit, Places& places) const {
  std::map<int, std::vector<OrganizationId>> whose;
  std::map<int, std::vector<OutboxId>> ids;
  for (const auto& [key, row] : t_.outbox)
    if (!locked(row.subject)) {
      whose[row.priority].push_back(row.organization);
      ids[row.priority].push_back(row.id);
    }
  std::vector<std::pair<int, OutboxId>> chosen;
  for (const auto& [urgency, organizations] : whose) {
    const int room = limit - static_cast<int>(chosen.size());
    for (const auto i : in_turn(organizations, room, places[urgency]))
      chosen.emplace_back(urgency, ids[urgency][i]);
  }
  return chosen;
}

int MemoryDatabase::take_in(int limit, Places& places) {
  struct Arrival {
    OutboxRow newest;
    int urgency;
    OutboxId oldest;
  };
  std::map<Subject, Arrival> arrivals;
  const auto chosen = choose_rows(limit, places);
  for (const auto& key : chosen) {
    const auto at = t_.outbox.find(key);
    auto& row = at->second;
    auto& arrival =
        arrivals.try_emplace(row.subject, Arrival{row, row.priority, row.id}).first->second;
    if (row.version > arrival.newest.version) arrival.newest = row;
    arrival.urgency = std::min(arrival.urgency, row.priority);
    arrival.oldest = std::min(arrival.oldest, row.id);
    watcher_->taken_in(row);
    t_.history[row.subject].emplace(row.version, std::move(row));
    t_.outbox.erase(at);
  }
  for (const auto& [subject, arrival] : arrivals)
    want(subject, arrival.newest, arrival.urgency, arrival.oldest);
  return static_cast<int>(chosen.size());
}

// The lane wants this version from now on, unless it wants a newer one already.
void MemoryDatabase::want(const Subject& subject, const OutboxRow& row, int urgency,
                          OutboxId oldest) {
  const auto [at, fresh] = t_.lanes.try_emplace(subject);
  auto& lane = at->second;
  const bool idle = fresh || lane.state == LaneState::idle;
  const bool due = !fresh && lane.state == LaneState::due;
  if (!idle) lane.owed_since = std::min(lane.owed_since, oldest);
  if (!fresh && row.version <= lane.wanted) {  // late, but it lends its urgency
    if (!idle) lane.priority = std::min(lane.priority, urgency);
    if (!idle && urgency == 0) lane.waits_on.reset();
    return watcher_->changed(subject, lane);
  }
  const bool was_waiting = lane.waits_on.has_value();
  lane.organization = row.organization;
  lane.wanted = row.version;
  lane.wanted_id = row.id;
  lane.kind = row.kind;
  lane.desired = row.desired;
  if (idle) lane.owed_since = oldest;
  // What a cancelled lane owed, it owes still.
  const bool owes = !fresh && (!idle || lane.ended == Ended::cancelled);
  lane.priority = owes ? std::min(lane.priority, urgency) : urgency;
  lane.attempts = 0;
  lane.leases = 0;
  lane.next_attempt_at = due ? std::min(lane.next_attempt_at, now()) : now();
  lane.up_seconds_left = settings_.up_seconds_allowed;
  lane.up_seconds_mark = t_.provider.up_seconds;
  lane.waits_for = row.waits_for;
  lane.waits_on = lane.priority > 0 ? first_unmet(row.waits_for) : std::nullopt;
  if (!lane.waits_for.empty()) {
    const auto bound = now() + settings_.wait_bound;
    lane.wait_until = due && was_waiting ? std::min(lane.wait_until, bound) : bound;
  }
  if (lane.state != LaneState::leased) {
    lane.state = LaneState::due;
    lane.ended = Ended::no;
  }
  observed_of(subject);
  watcher_->changed(subject, lane);
}

int MemoryDatabase::wake(int limit) {
  int freed = 0;
  for (auto& [subject, lane] : t_.lanes) {
    if (!lane.waits_on || freed >= limit || locked(subject)) continue;
    const bool late = lane.wait_until < now();
    if (!late && !met(*lane.waits_on)) continue;
    lane.waits_on = late ? std::nullopt : first_unmet(lane.waits_for);
    if (!lane.waits_on) ++freed;
    watcher_->changed(subject, lane);
  }
  return freed;
}

}  // namespace rolecall::sim
