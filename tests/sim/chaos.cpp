#include "tests/sim/chaos.hpp"

namespace rolecall::sim {
using emulator::FaultAction;

std::string_view name_of(Crash crash) {
  constexpr std::array<std::string_view, kCrashes> kNames{
      "before lease",  "after lease",    "before send",  "after send",  "after answer",
      "before settle", "after settle",   "in reduction", "at any time", "drain",
      "freeze",        "freeze in send", "clock step"};
  return kNames[static_cast<std::size_t>(crash)];
}

std::string_view name_of(StoreFault fault) {
  constexpr std::array<std::string_view, kStoreFaults> kNames{
      "statement lost", "answer lost",    "session lost", "slow statement",
      "lane locked",    "subject locked", "cut off"};
  return kNames[static_cast<std::size_t>(fault)];
}

std::string_view name_of(Operator action) {
  constexpr std::array<std::string_view, kOperators> kNames{"retry", "hold and release",
                                                            "pause and resume", "look"};
  return kNames[static_cast<std::size_t>(action)];
}

void Tally::add(const Tally& other) {
  const auto sum = [](auto& into, const auto& from) {
    for (std::size_t n = 0; n < into.size(); ++n) into[n] += from[n];
  };
  sum(crashes, other.crashes);
  sum(store, other.store);
  sum(operators, other.operators);
  sum(provider, other.provider);
  mutations += other.mutations;
  calls += other.calls;
  rescued_lanes += other.rescued_lanes;
  stale_results += other.stale_results;
  late_writes += other.late_writes;
  superseded += other.superseded;
  busy += other.busy;
  edits += other.edits;
  stale_reads += other.stale_reads;
}

// One run in eight has no faults of a kind at all, so that rare interleavings are not drowned.
Chaos::Chaos(std::uint64_t seed) : chance_(seed) {
  const auto rate = [this](double most) {
    return happens(0.125) ? 0.0 : most * chance_.fraction() * chance_.fraction();
  };
  crash_rate = rate(0.08);
  statement_rate = rate(0.08);
  provider_rate = rate(0.7);
}

Micros Chaos::span(Millis least, Millis most) {
  const auto range = std::chrono::duration_cast<Micros>(most - least).count();
  return least +
         Micros{static_cast<std::int64_t>(chance_.below(static_cast<std::uint64_t>(range) + 1))};
}

std::optional<Crash> Chaos::crash_in(std::string_view statement) {
  const bool before = happens(0.5);
  if (statement == "lease_due") return before ? Crash::before_lease : Crash::after_lease;
  if (statement == "settle") return before ? Crash::before_settle : Crash::after_settle;
  if (statement == "reduce") return Crash::in_reduction;
  return std::nullopt;
}

Chaos::Statement Chaos::statement(std::string_view name) {
  Statement s;
  s.plan.there = Micros{static_cast<std::int64_t>(50 + chance_.below(1'500))};
  s.plan.back = Micros{static_cast<std::int64_t>(50 + chance_.below(1'500))};
  if (!on) return s;
  if (happens(crash_rate)) s.crash = crash_in(name);
  if (s.crash == Crash::before_lease || s.crash == Crash::before_settle) s.plan.lost = true;
  if (s.crash || !happens(statement_rate)) return s;
  switch (chance_.below(4)) {
    case 0:
      s.plan.lost = true;
      count(StoreFault::lost);
      break;
    case 1:
      s.plan.answer_lost = true;
      count(StoreFault::answer_lost);
      break;
    case 2:
      (happens(0.5) ? s.plan.there : s.plan.back) += span(Millis{50}, Millis{1'500});
      count(StoreFault::slow);
      break;
    default:
      s.lose_session = true;
      count(StoreFault::session_lost);
  }
  return s;
}

std::optional<Crash> Chaos::call(bool mutates) {
  if (!on || !happens(crash_rate)) return std::nullopt;
  if (!mutates) return Crash::after_answer;
  constexpr std::array kAround{Crash::before_send, Crash::after_send, Crash::after_answer,
                               Crash::freeze_in_send};
  return kAround[chance_.below(kAround.size())];
}

std::optional<emulator::FaultRule> Chaos::provider_fault(std::string_view method) {
  if (!on || !happens(provider_rate)) return std::nullopt;
  constexpr std::array kActions{FaultAction::status,
                                FaultAction::reset,
                                FaultAction::stall,
                                FaultAction::apply_then_reset,
                                FaultAction::apply_then_stall,
                                FaultAction::delay,
                                FaultAction::apply_late,
                                FaultAction::apply_late,
                                FaultAction::refuse,
                                FaultAction::html,
                                FaultAction::garbage,
                                FaultAction::empty,
                                FaultAction::endless};
  constexpr std::array kStatuses{429, 500, 502, 503, 408};
  emulator::FaultRule rule;
  rule.action = kActions[chance_.below(kActions.size())];
  if (rule.action == FaultAction::apply_late && method == "GET") rule.action = FaultAction::delay;
  rule.status = kStatuses[chance_.below(kStatuses.size())];
  if (rule.status == 429 && happens(0.7)) rule.retry_after = static_cast<int>(chance_.below(3));
  rule.delay = std::chrono::duration_cast<Millis>(span(Millis{10}, longest_delay));
  ++tally.provider[static_cast<std::size_t>(rule.action)];
  return rule;
}

}  // namespace rolecall::sim
