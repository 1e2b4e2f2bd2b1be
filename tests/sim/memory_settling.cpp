// Settling: what a result makes of its lane and of its send, under the token that earned it.
#include <algorithm>

#include "tests/sim/document.hpp"
#include "tests/sim/memory_database.hpp"

namespace rolecall::sim {
namespace {

void end_lease(LaneRow& lane) {
  lane.state = LaneState::due;
  lane.leased_version = Version{};
  lane.token = LeaseToken{};
  lane.leased_by = WorkerId{};
  lane.lease_expires_at = WallTime{};
}

void end(LaneRow& lane, Ended how) {
  lane.state = LaneState::idle;
  lane.ended = how;
  lane.waits_on.reset();
  lane.look_after.reset();
  lane.looks_absent = 0;
}

}  // namespace

// A probe that was not used, because its lane had nothing to say yet, is there for somebody else.
void MemoryDatabase::return_probe(const std::vector<Settlement>& settlements) {
  const auto called = [](const Settlement& s) {
    return s.fate != SendFate::unsent ||
           (s.failure &&
            (s.failure->http_status != 0 || s.failure->kind == FailureClass::transient));
  };
  if (t_.provider.mode != ProviderMode::up && std::ranges::none_of(settlements, called))
    t_.provider.probe_at = std::min(t_.provider.probe_at, now());
}

std::vector<Settled> MemoryDatabase::settle(WorkerId, const std::vector<Settlement>& settlements) {
  return_probe(settlements);
  std::vector<Settled> answers;
  for (const auto& s : settlements) {
    const auto lane = t_.lanes.find(s.subject);
    const bool there = lane != t_.lanes.end();
    const auto before = there ? std::optional(lane->second) : std::nullopt;
    const auto result = settle_one(s);
    watcher_->settled(s, result, before ? &*before : nullptr, there ? &lane->second : nullptr);
    if (there) watcher_->changed(s.subject, lane->second);
    answers.push_back({s.subject, s.token, result});
  }
  return answers;
}

SettleResult MemoryDatabase::settle_one(const Settlement& s) {
  const auto at = t_.lanes.find(s.subject);
  const bool fenced =
      at != t_.lanes.end() && at->second.state == LaneState::leased && at->second.token == s.token;
  if (fenced && locked(s.subject)) return SettleResult::busy;
  if (!fenced && !(defects_.no_fence && at != t_.lanes.end())) {
    settle_send(s, false);
    return SettleResult::stale;
  }
  settle_lane(s.subject, at->second, s);
  settle_send(s, true);
  for (const auto& look : s.look_at) {
    const auto key = look.family + ":" + key_part(look.organization) + ":" + key_part(look.name);
    for (const auto& [subject, row] : t_.subjects)
      if (row.object_key == key) observed_of(subject).verify_at = now();
  }
  return SettleResult::ok;
}

void MemoryDatabase::settle_lane(const Subject& subject, LaneRow& lane, const Settlement& s) {
  auto said = lane.leased_version;
  if (said == Version{}) {  // only without the fence: whatever the send carried
    const auto send = t_.sends.find(s.send);
    said = send == t_.sends.end() ? lane.wanted : send->second.version;
  }
  end_lease(lane);
  count_up_time(lane);
  lane.leases = 0;
  lane.failure = s.failure;
  if (s.failure) ++t_.failed_attempts;
  if (s.counts) ++lane.attempts;
  lane.next_attempt_at = now();
  const bool newer = lane.wanted > said;
  if (s.outcome == Outcome::look) {
    const auto delay = s.delay > Millis{0} ? s.delay : settings_.visibility;
    lane.look_after = now() + delay;
    lane.looks_absent = 0;
    auto& observed = observed_of(subject);
    observed.verify_at = now() + delay;
    observed.verify_reason = "look";
  }
  if (s.outcome == Outcome::delivered) {
    lane.delivered = said;
    lane.attempts = 0;
    lane.up_seconds_left = settings_.up_seconds_allowed;
    if (newer)
      owe_after(subject, lane, said);
    else
      end(lane, Ended::delivered);
  } else if (newer) {
    lane.attempts = 0;
  } else if (s.outcome == Outcome::partial) {
    lane.priority = std::max(lane.priority, 1);
    lane.waits_on = first_unmet(lane.waits_for);
    if (lane.waits_on) lane.wait_until = now() + settings_.wait_bound;
    // What is missing and not waited for tells nobody when it comes.
    const Millis pause = lane.waits_on ? s.delay : std::max(s.delay, Millis{1000});
    lane.next_attempt_at = now() + pause;
  } else if (s.outcome == Outcome::retry) {
    lane.next_attempt_at = now() + s.delay;
    if (lane.up_seconds_left <= 0) {
      lane.state = LaneState::held;
      if (lane.failure) lane.failure->code = "expired";
    }
  } else if (s.outcome == Outcome::held || s.outcome == Outcome::dead) {
    lane.state = s.outcome == Outcome::held ? LaneState::held : LaneState::dead;
  }
  honour_request(lane);
  if (s.outcome != Outcome::retry && s.outcome != Outcome::look)
    observed_of(subject).reduce_due_at = now();
}

// Urgency and place are from now on those of the versions that came while this one was said.
void MemoryDatabase::owe_after(const Subject& subject, LaneRow& lane, Version said) {
  const auto& versions = t_.history.at(subject);
  const auto first = versions.upper_bound(said);
  if (first == versions.end()) return;
  lane.priority = first->second.priority;
  lane.owed_since = first->second.id;
  for (auto at = first; at != versions.end(); ++at) {
    lane.priority = std::min(lane.priority, at->second.priority);
    lane.owed_since = std::min(lane.owed_since, at->second.id);
  }
  if (lane.priority == 0) return;
  lane.waits_on = first_unmet(lane.waits_for);
}

void MemoryDatabase::settle_send(const Settlement& s, bool fenced) {
  const auto send = t_.sends.find(s.send);
  if (send == t_.sends.end() || send->second.token != s.token) return;
  if (s.fate == SendFate::unsent) {
    t_.sends.erase(send);
    if (!fenced) observed_of(s.subject).reduce_due_at = now();
    return;
  }
  if (s.fate == SendFate::answered) {
    send->second.state = SendState::answered;
    send->second.answer = s.answer;
  } else if (defects_.forgets_sends) {
    t_.sends.erase(send);
  }
  observed_of(s.subject).reduce_due_at = now();
}

// The provider's time up since the last count is what a lane's patience is spent on.
void MemoryDatabase::count_up_time(LaneRow& lane) {
  mark_up_time();
  lane.up_seconds_left -= t_.provider.up_seconds - lane.up_seconds_mark;
  lane.up_seconds_mark = t_.provider.up_seconds;
}

// Hold and cancel, asked for while the lane was leased, now that it is not.
void MemoryDatabase::honour_request(LaneRow& lane) {
  const auto requested = std::exchange(lane.requested, Request::none);
  if (requested == Request::none || lane.requested_version != lane.wanted) return;
  if (lane.state == LaneState::idle) return;
  if (requested == Request::hold)
    lane.state = LaneState::held;
  else
    end(lane, Ended::cancelled);
}

// The worker is gone: its lane is due again. What it sent stays in doubt; after a create, a look
// decides.
void MemoryDatabase::free_lane(const Subject& subject, LaneRow& lane, std::string_view why) {
  auto& observed = observed_of(subject);
  for (const auto& [id, send] : t_.sends)
    if (send.token == lane.token && send.state == SendState::open &&
        send.operation == Operation::create) {
      lane.look_after = now() + settings_.visibility;
      lane.looks_absent = 0;
      observed.verify_at = now() + settings_.visibility;
      observed.verify_reason = "look";
    }
  constexpr int kPoison = 20;
  end_lease(lane);
  count_up_time(lane);
  lane.next_attempt_at = now();
  lane.failure = Failure{FailureClass::lease_lost, std::string(why), "its worker is gone"};
  if (lane.leases >= kPoison) {
    lane.state = LaneState::held;
    lane.failure = Failure{FailureClass::bug, "poison", "Its workers end before it has a result."};
  }
  honour_request(lane);
  observed.reduce_due_at = now();
}

}  // namespace rolecall::sim
