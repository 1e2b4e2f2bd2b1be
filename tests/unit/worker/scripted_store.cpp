#include "tests/unit/worker/scripted_store.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace rolecall::test {

template <class Apply, class Answer>
Task<Result<Answer>> ScriptedStore::step(std::string name, Apply apply) {
  const Steps::Step s = co_await steps_.begin(std::move(name));
  if (s.fate == StepFate::refused) co_return unavailable();
  if constexpr (std::is_void_v<Answer>) {
    apply();
    co_await steps_.end(s);
    if (s.fate == StepFate::answer_lost) co_return in_doubt();
    co_return Result<void>{};
  } else {
    Answer answer = apply();
    co_await steps_.end(s);
    if (s.fate == StepFate::answer_lost) co_return in_doubt();
    co_return Result<Answer>{std::move(answer)};
  }
}

void ScriptedStore::enqueue(const std::string& name) {
  const Subject subject{name};
  const Version version{versions[subject].number() + 1};
  versions[subject] = version;
  outbox.emplace_back(subject, version);
  if (sleep_locked && notification) notification();
}

bool ScriptedStore::all_delivered() const {
  return outbox.empty() && std::all_of(versions.begin(), versions.end(), [&](const auto& wanted) {
           const auto lane = lanes.find(wanted.first);
           return lane != lanes.end() && lane->second.delivered == wanted.second;
         });
}

bool ScriptedStore::may_send(const Subject& subject) const {
  const auto found = lanes.find(subject);
  if (found == lanes.end()) return false;
  const FakeLane& lane = found->second;
  return lane.state == LaneState::leased && clock_.now() < lane.lease_end;
}

Task<Result<WorkerId>> ScriptedStore::open_session(SessionRequest) {
  return step("open_session", [this] {
    const WorkerId worker{++last_worker_};
    sessions.insert(worker);
    sleep_locked = false;
    return worker;
  });
}

Task<Result<bool>> ScriptedStore::verify_session(WorkerId worker) {
  if (!session_answers) {
    const Steps::Step s = co_await steps_.begin("verify_session");
    co_await steps_.end(s);
    co_return unavailable();
  }
  co_return co_await step("verify_session", [this, worker] { return sessions.contains(worker); });
}

Task<Result<void>> ScriptedStore::close_session(WorkerId worker) {
  return step("close_session", [this, worker] { end_session(worker); });
}

Task<Result<int>> ScriptedStore::take_in(int limit) {
  return step("take_in", [this, limit] {
    int rows = 0;
    for (; rows < limit && !outbox.empty(); ++rows) {
      const auto [subject, version] = outbox.front();
      outbox.pop_front();
      FakeLane& lane = lanes[subject];
      lane.subject = subject;
      lane.wanted = version;
      if (lane.state != LaneState::leased) {
        lane.state = LaneState::due;
        lane.due_at = clock_.now();
      }
    }
    return rows;
  });
}

LeaseBatch ScriptedStore::lease(const LeaseRequest& request) {
  LeaseBatch batch;
  batch.provider = provider;
  batch.next_probe = next_probe;
  const bool open = provider == ProviderMode::up || provider == ProviderMode::probing;
  if (!open || !sessions.contains(request.worker)) return batch;
  for (auto& [subject, lane] : lanes) {
    if (std::ssize(batch.leases) >= request.limit) break;
    if (lane.state != LaneState::due || lane.due_at > clock_.now()) continue;
    if (lane.delivered >= lane.wanted) continue;
    lane.state = LaneState::leased;
    lane.token = LeaseToken{++last_token_};
    lane.leased_by = request.worker;
    lane.lease_end = clock_.now() + request.lease_time;
    Lease one;
    one.subject = subject;
    one.kind = request.kinds.front();
    one.version = lane.wanted;
    one.token = lane.token;
    one.leases = ++lane.leases;
    batch.leases.push_back(std::move(one));
  }
  return batch;
}

Task<Result<LeaseBatch>> ScriptedStore::lease_due(LeaseRequest request) {
  return step("lease_due", [this, request = std::move(request)] { return lease(request); });
}

Settled ScriptedStore::settle_one(const Settlement& settlement) {
  Settled answer{settlement.subject, settlement.token, SettleResult::ok};
  if (busy.contains(settlement.subject)) {
    answer.result = SettleResult::busy;
    return answer;
  }
  FakeLane& lane = lanes.at(settlement.subject);
  if (lane.state != LaneState::leased || lane.token != settlement.token) {
    answer.result = SettleResult::stale;
    return answer;
  }
  lane.settled.push_back(settlement);
  lane.leases = 0;
  lane.due_at = clock_.now() + settlement.delay;
  switch (settlement.outcome) {
    case Outcome::delivered:
      lane.delivered = lane.wanted;
      lane.state = LaneState::idle;
      facts.insert(settlement.subject);
      break;
    case Outcome::held:
      lane.state = LaneState::held;
      break;
    case Outcome::dead:
      lane.state = LaneState::dead;
      break;
    default:
      lane.state = LaneState::due;
      break;
  }
  return answer;
}

Task<Result<std::vector<Settled>>> ScriptedStore::settle(WorkerId,
                                                         std::vector<Settlement> settlements) {
  return step("settle", [this, settlements = std::move(settlements)] {
    std::vector<Settled> answers;
    for (const Settlement& one : settlements) answers.push_back(settle_one(one));
    return answers;
  });
}

Task<Result<int>> ScriptedStore::wake(int) {
  return step("wake", [] { return 0; });
}

RescueReport ScriptedStore::free_lanes() {
  RescueReport report;
  report.others_hold_leases = others_hold_leases;
  for (auto& [subject, lane] : lanes) {
    if (lane.state != LaneState::leased) continue;
    if (sessions.contains(lane.leased_by) && clock_.now() < lane.lease_end) continue;
    lane.state = LaneState::due;
    lane.due_at = clock_.now();
    lane.token = LeaseToken{};
    ++report.lanes_freed;
  }
  return report;
}

Task<Result<RescueReport>> ScriptedStore::rescue(WorkerId) {
  return step("rescue", [this] { return free_lanes(); });
}

Task<Result<std::vector<Reduced>>> ScriptedStore::reduce(int limit, Reducer) {
  return step("reduce", [this, limit] {
    std::vector<Reduced> done;
    while (std::ssize(done) < limit && !facts.empty()) {
      Reduced one;
      one.subject = *facts.begin();
      facts.erase(facts.begin());
      if (seen.contains(one.subject)) {
        confirmed.insert(one.subject);
        one.confirmed = lanes.at(one.subject).delivered;
      } else {
        one.audit.push_back({"delivered", "a read shall confirm it"});
        verify[one.subject] = clock_.now() + Millis{50};
      }
      done.push_back(std::move(one));
    }
    return done;
  });
}

Task<Result<std::vector<Verification>>> ScriptedStore::take_verifications(WorkerId, int limit) {
  return step("take_verifications", [this, limit] {
    std::vector<Verification> taken;
    for (auto& [subject, at] : verify) {
      if (std::ssize(taken) >= limit) break;
      if (at > clock_.now()) continue;
      at = clock_.now() + std::chrono::seconds{30};  // should the read never come back
      Verification one;
      one.subject = subject;
      one.family = "member";
      taken.push_back(std::move(one));
    }
    return taken;
  });
}

Task<Result<bool>> ScriptedStore::record_read(RecordedRead read) {
  return step("record_read", [this, subject = read.asked.subject] {
    verify.erase(subject);
    seen.insert(subject);
    facts.insert(subject);
    return true;
  });
}

Task<Result<PullGrant>> ScriptedStore::take_pull(WorkerId worker, std::vector<std::string> ids) {
  return step("take_pull", [this, worker, ids] {
    announced.insert(announced.end(), ids.begin(), ids.end());
    PullGrant grant;
    if (cursor && sessions.contains(worker)) {
      if (!std::exchange(stream_read, false)) grant.task = PullTask{.after = *cursor};
      grant.again_in = Millis{200};
    }
    if (grants.empty()) return grant;
    grant = grants.front();
    grants.pop_front();
    return grant;
  });
}

Task<Result<RecordedPage>> ScriptedStore::record_events(WorkerId worker, PullTask task,
                                                        PulledPage page) {
  return step("record_events", [this, worker, task, page] {
    const bool next = !cursor || (sessions.contains(worker) && task.after == *cursor);
    const RecordedPage recorded{.fenced = fences_pulls || !next};
    if (!recorded.fenced || !cursor) pages.emplace_back(task, page);
    if (recorded.fenced || !cursor) return recorded;
    if (!page.last_id.empty()) cursor = page.last_id;
    stream_read = page.end;
    return recorded;
  });
}

Task<Result<void>> ScriptedStore::fail_pull(WorkerId, Failure failure, bool gap, Millis retry) {
  return step("fail_pull", [this, failure, gap, retry] {
    failed_pulls.emplace_back(failure, gap);
    pull_retries.push_back(retry);
  });
}

Task<Result<ProviderMode>> ScriptedStore::report_provider(WorkerId, ProviderReport report) {
  return step("report_provider", [this, report] {
    reports.push_back(report);
    return provider;
  });
}

Task<Result<TokenBlock>> ScriptedStore::take_tokens(RateClass, int want) {
  return step("take_tokens", [this, want] {
    if (blocks.empty()) return TokenBlock{.tokens = want};
    const TokenBlock block = blocks.front();
    blocks.pop_front();
    return block;
  });
}

Task<Result<void>> ScriptedStore::report_throttle(Throttle throttle) {
  return step("report_throttle", [this, throttle] { throttles.push_back(throttle); });
}

NextDue ScriptedStore::look() const {
  NextDue found;
  found.provider = provider;
  found.others_hold_leases = others_hold_leases;
  found.work_now = !outbox.empty() || !facts.empty();
  found.pull_in = pull_in;
  found.reconcile_in = reconcile_in;
  const auto consider = [&](Instant at) {
    const auto left = std::chrono::duration_cast<Millis>(at - clock_.now()) + Millis{1};
    if (at <= clock_.now()) found.work_now = true;
    if (at > clock_.now()) found.next_due = std::min(found.next_due.value_or(left), left);
  };
  for (const auto& [subject, lane] : lanes)
    if (lane.state == LaneState::due) consider(lane.due_at);
  for (const auto& [subject, at] : verify) consider(at);
  return found;
}

Task<Result<NextDue>> ScriptedStore::next_due(WorkerId) {
  return step("next_due", [this] { return look(); });
}

Task<Result<int>> ScriptedStore::maintain(WorkerId) {
  return step("maintain", [] { return 0; });
}

Task<Result<int>> ScriptedStore::keep_partitions() {
  return step("keep_partitions", [] { return 0; });
}

Task<Result<IdleLook>> ScriptedStore::idle_look(IdleRequest) {
  return step("idle_look", [this] {
    IdleLook found;
    found.rescue = free_lanes();
    found.next = look();
    return found;
  });
}

Task<Result<bool>> ScriptedStore::begin_sleep(WorkerId) {
  return step("begin_sleep", [this] {
    if (refuse_sleep > 0) {
      --refuse_sleep;
      return false;
    }
    sleep_locked = true;
    return true;
  });
}

Task<Result<void>> ScriptedStore::end_sleep(WorkerId) {
  return step("end_sleep", [this] { sleep_locked = false; });
}

}  // namespace rolecall::test
