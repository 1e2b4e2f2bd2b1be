// What operators do. A leased lane is asked; settle honours it.
#include "tests/sim/memory_database.hpp"

namespace rolecall::sim {
namespace {

bool is_one_of(LaneState state, std::initializer_list<LaneState> states) {
  for (const auto s : states)
    if (s == state) return true;
  return false;
}

}  // namespace

// Dead, held, waiting for its time, or cancelled and still the newest: due now.
bool MemoryDatabase::retry(const Subject& subject) {
  const auto at = t_.lanes.find(subject);
  if (at == t_.lanes.end() || locked(subject)) return false;
  auto& lane = at->second;
  const bool cancelled = lane.state == LaneState::idle && lane.ended == Ended::cancelled;
  if (!cancelled && !is_one_of(lane.state, {LaneState::dead, LaneState::held, LaneState::due}))
    return false;
  if (lane.wanted != t_.subjects.at(subject).version || lane.wanted <= lane.delivered) return false;
  lane.state = LaneState::due;
  lane.ended = Ended::no;
  lane.attempts = 0;
  lane.leases = 0;
  lane.next_attempt_at = now();
  lane.up_seconds_left = settings_.up_seconds_allowed;
  lane.up_seconds_mark = t_.provider.up_seconds;
  watcher_->changed(subject, lane);
  notify();
  return true;
}

bool MemoryDatabase::hold(const Subject& subject) {
  const auto at = t_.lanes.find(subject);
  if (at == t_.lanes.end() || locked(subject)) return false;
  auto& lane = at->second;
  if (lane.state == LaneState::leased) {
    lane.requested = Request::hold;
    lane.requested_version = lane.wanted;
    return true;
  }
  if (!is_one_of(lane.state, {LaneState::due, LaneState::dead})) return false;
  lane.state = LaneState::held;
  observed_of(subject).reduce_due_at = now();
  watcher_->changed(subject, lane);
  return true;
}

bool MemoryDatabase::release(const Subject& subject) {
  const auto at = t_.lanes.find(subject);
  if (at == t_.lanes.end() || locked(subject)) return false;
  if (at->second.state == LaneState::leased && at->second.requested == Request::hold) {
    at->second.requested = Request::none;
    return true;
  }
  return at->second.state == LaneState::held && retry(subject);
}

bool MemoryDatabase::cancel(const Subject& subject) {
  const auto at = t_.lanes.find(subject);
  if (at == t_.lanes.end() || locked(subject)) return false;
  auto& lane = at->second;
  if (lane.state == LaneState::leased) {
    lane.requested = Request::cancel;
    lane.requested_version = lane.wanted;
    return true;
  }
  if (!is_one_of(lane.state, {LaneState::due, LaneState::dead, LaneState::held})) return false;
  lane.state = LaneState::idle;
  lane.ended = Ended::cancelled;
  lane.waits_on.reset();
  lane.look_after.reset();
  observed_of(subject).reduce_due_at = now();
  watcher_->changed(subject, lane);
  return true;
}

void MemoryDatabase::pause_provider() {
  mark_up_time();
  t_.provider.paused = true;
}

void MemoryDatabase::resume_provider() {
  mark_up_time();
  t_.provider.paused = false;
  notify();
}

void MemoryDatabase::request_look(const Subject& subject) {
  observed_of(subject).verify_at = now();
}

}  // namespace rolecall::sim
