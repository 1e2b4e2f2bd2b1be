#include "tests/sim/world_plan.hpp"

#include <algorithm>

namespace rolecall::sim {
namespace {

std::vector<std::string> names(const std::string& stem, std::uint64_t count) {
  std::vector<std::string> all;
  for (std::uint64_t n = 0; n < count; ++n)
    all.push_back(stem + std::string(1, static_cast<char>('a' + n)));
  return all;
}

// Tenfold quicker than in production, so that a run takes a virtual minute.
Limits limits_of(Chaos& chaos) {
  auto& chance = chaos.chance();
  const auto between = [&](int least, int most) {
    return least + static_cast<int>(chance.below(static_cast<std::uint64_t>(most - least + 1)));
  };
  Limits l;
  l.call_deadline_ms = between(300, 1'200);
  l.settle_margin_ms = between(300, 800);
  l.lease_time_ms = l.call_deadline_ms + l.settle_margin_ms + between(500, 3'000);
  l.poll_ms = std::min(between(300, 1'000), l.lease_time_ms - 1);
  l.concurrency = between(1, 12);
  l.lease_batch = between(1, 20);
  l.settle_batch = between(1, 20);
  l.intake_batch = between(1, 30);
  l.wake_batch = between(1, 20);
  l.reduce_batch = between(1, 20);
  l.backoff_first_ms = between(50, 500);
  l.backoff_last_ms = 8'000;
  l.dependency_first_ms = between(200, 1'000);
  l.dependency_last_ms = 4'000;
  l.pull_retry_first_ms = between(50, 500);
  l.pull_retry_last_ms = 4'000;
  l.maintain_ms = 20'000;
  l.drain_ms = between(300, 3'000);
  l.drain_call_ms = std::min(l.drain_call_ms, l.drain_ms);
  l.idle_chore_ms = between(1'000, 5'000);
  return l;
}

}  // namespace

World::Plan::Plan(Chaos& chaos) {
  auto& chance = chaos.chance();
  workers = 2 + static_cast<int>(chance.below(2));
  organizations = names("org_", 3 + chance.below(2));
  users = names("user_", 3 + chance.below(4));
  slugs = names("org-", 2 + chance.below(2));
  mutations = 15 + static_cast<int>(chance.below(21));
  worker_troubles = static_cast<int>(chance.below(7));
  store_troubles = static_cast<int>(chance.below(9));
  operations = static_cast<int>(chance.below(7));
  mutations_until = chaos.span(Millis{2'000}, Millis{10'000});
  trouble_until = mutations_until + chaos.span(Millis{1'000}, Millis{8'000});
  limits = limits_of(chaos);
  chaos.longest_delay = std::chrono::duration_cast<Millis>(chaos.span(Millis{100}, Millis{3'000}));
  // A call may be frozen for 5 s, leave then, and land late.
  longest_zombie = chaos.longest_delay + Millis{5'000 + 1'500};
  settings.send_window =
      Millis{limits.lease_time_ms + 2'000} + std::chrono::duration_cast<Millis>(longest_zombie);
  settings.claim = Millis{3'000};
  settings.visibility = std::chrono::duration_cast<Millis>(chaos.span(Millis{200}, Millis{1'500}));
  settings.wait_bound =
      std::chrono::duration_cast<Millis>(chaos.span(Millis{2'000}, Millis{8'000}));
  patience = settings.send_window * 4 + Millis{120'000};
  // Visibility is far longer than the two clocks differ.
  const auto offset = settings.visibility.count() / 4;
  workos_offset = Millis{
      static_cast<Millis::rep>(chance.below(static_cast<std::uint64_t>(2 * offset + 1))) - offset};
  draw_outside(chaos);
}

// One run in five is as it was before there was a stream; in one of five it is switched on later.
void World::Plan::draw_outside(Chaos& chaos) {
  auto& chance = chaos.chance();
  lags = static_cast<int>(chance.below(6));
  if (chaos.happens(0.2)) return;
  const auto until = std::chrono::duration_cast<Millis>(mutations_until);
  events_from = chaos.happens(0.25) ? chaos.span(Millis{500}, until) : Micros{0};
  edits = static_cast<int>(chance.below(16));
  rewinds = chaos.happens(0.3) ? 1 + static_cast<int>(chance.below(2)) : 0;
  named_editors = chance.fraction();
  if (chaos.happens(0.3)) directory = users[chance.below(users.size())];
  const auto shortly = static_cast<std::uint64_t>(settings.visibility.count() / 2);
  event_delay = Millis{static_cast<Millis::rep>(chance.below(shortly))};
  settings.pull_every = std::chrono::duration_cast<Millis>(chaos.span(Millis{100}, Millis{1'500}));
}

}  // namespace rolecall::sim
