// Workers as the database sees them: sessions, rescue, the shared breaker, sleep.
#include <algorithm>

#include "tests/sim/memory_database.hpp"

namespace rolecall::sim {

WorkerId MemoryDatabase::open_session(bool locks) {
  const WorkerId id{++last_session_};
  SessionRow row;
  row.locks = locks;
  t_.sessions.emplace(id, row);
  return id;
}

bool MemoryDatabase::verify_session(WorkerId worker) {
  const auto session = t_.sessions.find(worker);
  return session != t_.sessions.end() && session->second.lock_held && !session->second.retired_at;
}

void MemoryDatabase::lose_lock(WorkerId worker) {
  sleepers_.erase(worker);
  const auto session = t_.sessions.find(worker);
  if (session == t_.sessions.end() || !session->second.lock_held) return;
  session->second.lock_held = false;
  session->second.lock_lost_at = now();
}

void MemoryDatabase::close_session(WorkerId worker) {
  const auto at = t_.sessions.find(worker);
  if (at == t_.sessions.end() || at->second.retired_at) return;
  at->second.retired_at = now();
  at->second.retired_because = "closed";
  for (auto& [subject, lane] : t_.lanes)
    if (lane.state == LaneState::leased && lane.leased_by == worker && !locked(subject)) {
      const auto before = lane;
      free_lane(subject, lane, "session_closed");
      watcher_->freed(subject, before, at->second);
      watcher_->changed(subject, lane);
    }
  lose_lock(worker);
}

RescueReport MemoryDatabase::rescue(WorkerId worker) {
  constexpr Millis kGrace{750};
  RescueReport report;
  for (auto& [id, session] : t_.sessions) {
    if (session.retired_at || !session.locks) continue;
    if (session.lock_held) {
      session.suspect_since.reset();
    } else if (!session.suspect_since) {
      session.suspect_since = now();
    } else if (now() - *session.suspect_since >= kGrace) {
      session.retired_at = now();
      session.retired_because = "lost";
      ++report.sessions_retired;
    }
  }
  for (auto& [subject, lane] : t_.lanes) {
    if (lane.state != LaneState::leased) continue;
    const auto& session = t_.sessions.at(lane.leased_by);
    if (!session.retired_at && lane.lease_expires_at >= now()) {
      report.others_hold_leases |= lane.leased_by != worker;
      continue;
    }
    if (locked(subject)) continue;
    const auto before = lane;
    free_lane(subject, lane, session.retired_at ? "worker_gone" : "lease_ended");
    ++report.lanes_freed;
    watcher_->freed(subject, before, session);
    watcher_->changed(subject, lane);
  }
  // The worker that is gone may have been the one that probed.
  if (report.lanes_freed > 0)
    t_.provider.probe_at = std::min(t_.provider.probe_at, now() + Millis{1'000});
  return report;
}

bool MemoryDatabase::provider_up() const {
  return t_.provider.mode == ProviderMode::up && !t_.provider.paused;
}

void MemoryDatabase::mark_up_time() {
  auto& provider = t_.provider;
  if (provider_up())
    provider.up_seconds += std::chrono::duration<double>(now() - provider.up_marked_at).count();
  provider.up_marked_at = now();
}

// Five failures in a row without an answer open the breaker; any answer closes it.
ProviderMode MemoryDatabase::report_provider(const ProviderReport& report) {
  constexpr int kInARow = 5;
  auto& provider = t_.provider;
  mark_up_time();
  if (!report.detail.empty()) provider.detail = report.detail;
  if (report.answered > 0) provider.failures = 0;
  provider.failures += report.failed;
  if (report.unauthorised > 0) {
    if (provider.mode != ProviderMode::unauthorised) {
      provider.probes = 0;
      provider.probe_at = now() + Millis{15'000};
    }
    provider.mode = ProviderMode::unauthorised;
  } else if (report.answered > 0) {
    provider.mode = ProviderMode::up;
    provider.probes = 0;
  } else if (provider.mode == ProviderMode::up && provider.failures >= kInARow) {
    provider.mode = ProviderMode::open;
    provider.probes = 0;
    provider.probe_at = now() + Millis{1'000};
  }
  return provider.paused ? ProviderMode::paused : provider.mode;
}

NextDue MemoryDatabase::next_due(WorkerId worker) const {
  NextDue answer;
  const auto& provider = t_.provider;
  answer.provider = provider.paused ? ProviderMode::paused : provider.mode;
  std::optional<WallTime> earliest;
  std::optional<WallTime> read;
  const auto at = [&](WallTime when) { earliest = std::min(earliest.value_or(when), when); };
  const auto gated = [&](WallTime when) {
    return provider_up() ? when : std::max(when, provider.probe_at);
  };
  for (const auto& [key, row] : t_.outbox)
    if (!locked(row.subject)) at(now());
  for (const auto& [subject, lane] : t_.lanes) {
    answer.others_hold_leases |= lane.state == LaneState::leased && lane.leased_by != worker;
    if (lane.state == LaneState::due && !lane.waits_on && !lane.look_after && !locked(subject) &&
        !provider.paused)
      at(gated(lane.next_attempt_at));
    if (lane.waits_on) at(lane.wait_until);
  }
  for (const auto& [subject, row] : t_.observed) {
    const auto lane = t_.lanes.find(subject);
    if (lane != t_.lanes.end() && lane->second.state == LaneState::leased) continue;
    if (row.reduce_due_at && !locked_subjects_.contains(subject)) at(*row.reduce_due_at);
    if (!row.verify_at || provider.paused) continue;
    const auto when = gated(std::max(*row.verify_at, row.reading_until.value_or(now())));
    read = std::min(read.value_or(when), when);
  }
  const auto& stream = t_.stream;
  if (stream.started_from && (stream.leased_by == WorkerId{} || stream.lease_expires_at < now()))
    answer.pull_in = std::max(Millis{0}, std::chrono::ceil<Millis>(stream.due_at - now()));
  answer.only_reads = read && *read <= now() && !(earliest && *earliest <= now());
  if (read) at(*read);
  answer.work_now = earliest && *earliest <= now();
  if (earliest) answer.next_due = std::max(Millis{0}, std::chrono::ceil<Millis>(*earliest - now()));
  return answer;
}

// Sends that cannot matter any more; the reducer may confirm now.
int MemoryDatabase::maintain() {
  auto old = now() - settings_.send_window - Millis{60'000};
  // With the stream on, its event may still be to come.
  if (t_.stream.started_from)
    old = t_.stream.pulled_at
              ? std::min(old, *t_.stream.pulled_at - settings_.send_window - Millis{60'000})
              : WallTime::min();
  return static_cast<int>(std::erase_if(t_.sends, [&](const auto& entry) {
    const auto& send = entry.second;
    const auto& lane = t_.lanes.at(send.subject);
    const bool aged = send.leased_at < old && lane.token != send.token;
    if (aged) observed_of(send.subject).reduce_due_at = now();
    return aged;
  }));
}

bool MemoryDatabase::begin_sleep(WorkerId worker) {
  for (const auto& [subject, quiet] : locked_subjects_)
    if (quiet) return false;
  sleepers_.insert(worker);
  return true;
}

void MemoryDatabase::end_sleep(WorkerId worker) {
  sleepers_.erase(worker);
}

std::int64_t MemoryDatabase::listen(std::function<void()> wake_up) {
  listeners_.emplace(++last_listener_, std::move(wake_up));
  return last_listener_;
}

}  // namespace rolecall::sim
