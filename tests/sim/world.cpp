#include "tests/sim/world.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "tests/sim/world_plan.hpp"

namespace rolecall::sim {
namespace {

constexpr WallTime kEpoch{std::chrono::sys_days{std::chrono::year{2026} / 1 / 15}};

}  // namespace

World::World(const RunOptions& options)
    : options_(options), chaos_(options.seed), clock_(time_), workos_clock_(time_) {
  plan_ = std::make_unique<Plan>(chaos_);
  database_ = std::make_unique<MemoryDatabase>(clock_, kEpoch, plan_->settings, options.defects);
  application_ = std::make_unique<Application>(*database_);
  workflows_ = make_workflows(
      {.visibility = plan_->settings.visibility, .missing_dependency_wait = Millis{500}});
  checkers_ = std::make_unique<Checkers>(*database_, chaos_.tally);
  checkers_->workos_holds = [this](const SubjectFacts& facts) { return workos_holds(facts); };
  seed_workos();
  outsiders_ = std::make_unique<Outsiders>(*database_, *workos_);
  convergence_ = std::make_unique<Convergence>(
      *database_, *outsiders_, [this](std::string what) { checkers_->violated(std::move(what)); });
  checkers_->others_wrote = [this](const std::string& object) {
    return outsiders_->wrote_to(object);
  };
  checkers_->is_told = [this](const std::string& object, const Subject& self) {
    return outsiders_->is_told(object, self);
  };
  convergence_->on_reduced = [this](const SubjectFacts& facts, const Result<Reduction>& reduction) {
    note_reduction(facts, reduction);
  };
  watchers_ = std::make_unique<BothWatch>(*checkers_, *convergence_);
  database_->watch(*watchers_);
  database_->on_adopted = [this](const Subject& subject, const std::string& kind,
                                 const JsonText& desired) {
    application_->adopt(subject, kind, desired);
  };
  database_->on_role_entered = [this](const StreamEvent& event) {
    return application_->enter_role(event);
  };
  around_ = std::make_unique<Surroundings>(
      Surroundings{time_, *database_, *wire_, *workflows_, chaos_, *this,
                   [this](Process& process, Crash how) { crash(process, how); },
                   [this](Process& process, Crash how, Micros span) { freeze(process, how, span); },
                   [this](const HttpRequest& request) { return lagging_answer(request); }});
}

World::~World() = default;

void World::seed_workos() {
  emulator::EmulatorOptions options;
  options.model.random_seed = options_.seed;
  options.model.multiple_roles = true;
  options.model.started_at = kEpoch;
  options.model.event_delay = plan_->event_delay;
  options.rate_limits.on = false;
  workos_ = std::make_unique<emulator::Emulator>(std::move(options));
  std::string organizations, users, permissions;
  for (const auto& id : plan_->organizations)
    organizations +=
        fmt::format(R"({}{{"id":"{}","name":"{}"}})", organizations.empty() ? "" : ",", id, id);
  for (const auto& id : plan_->users)
    users += fmt::format(R"({}{{"id":"{}","email":"{}@example.test"}})", users.empty() ? "" : ",",
                         id, id);
  for (const auto* slug : {"a:read", "a:write", "b:read"})
    permissions +=
        fmt::format(R"({}{{"slug":"{}","name":"{}"}})", permissions.empty() ? "" : ",", slug, slug);
  const auto wrong =
      workos_->seed(fmt::format(R"({{"organizations":[{}],"users":[{}],"permissions":[{}]}})",
                                organizations, users, permissions),
                    kEpoch);
  if (wrong) checkers_->violated("the emulator's seed was refused: " + *wrong);
  workos_->choose_faults([this](const HttpRequest& request, const std::string&) {
    return chaos_.provider_fault(request.method);
  });
  workos_->watch([this](emulator::Sighting what, const emulator::LoggedRequest& r, WallTime) {
    if (what == emulator::Sighting::applied) {
      outsiders_->applied(r.request);
      undo(r.request);
    }
    if (options_.trace)
      note(fmt::format("workos: {} {} {} {} {}",
                       what == emulator::Sighting::applied ? "applies" : "receives",
                       r.request.method, r.request.target, r.request.body, r.fault));
  });
  wire_ = std::make_unique<emulator::EmulatorWorld>(
      emulator::EmulatorWorld{*workos_,
                              workos_clock_,
                              time_.context().get_executor(),
                              kEpoch + plan_->workos_offset,
                              {Millis{0}, Millis{15}},
                              {Millis{0}, Millis{15}},
                              emulator::Chance{options_.seed}});
}

void World::note(std::string_view text) {
  if (options_.trace)
    fmt::print("{:12.6f} {}\n", static_cast<double>(time_.now().count()) / 1e6, text);
}

void World::note_reduction(const SubjectFacts& facts, const Result<Reduction>& reduction) {
  if (!options_.trace || !reduction) return;
  for (const auto& [event, verdict] : reduction->applied)
    note(fmt::format("reduced {}: {} is {}", facts.subject.text(), event, verdict));
  for (const auto& entry : reduction->audit)
    note(fmt::format("reduced {}: {}: {}", facts.subject.text(), entry.verdict, entry.detail));
}

void World::on(const TraceEvent& event) {
  checkers_->traced(event);
  if (!options_.trace || event.what == Trace::statement) return;
  note(fmt::format("session {}: {} {} {} v{} t{} {} {} {}{} {}", event.worker.number(),
                   name_of(event.what), event.kind, event.subject.text(), event.version.number(),
                   event.token.number(), event.code, event.detail,
                   event.failure ? name_of(*event.failure) : "",
                   event.http_status ? fmt::format(" {}", event.http_status) : "", event.count));
}

void World::start_worker(int number) {
  if (over_) return;
  Process::Birth birth;
  birth.number = number;
  birth.limits = plan_->limits;
  birth.skew.offset = chaos_.span(Millis{0}, Millis{1'000'000});
  birth.skew.rate = 1.0 + (chaos_.chance().fraction() - 0.5) * 0.002;
  birth.locks = !chaos_.happens(0.1);
  birth.random_seed = chaos_.chance().bits();
  processes_.push_back(std::make_unique<Process>(*around_, birth));
  workers_[static_cast<std::size_t>(number)] = processes_.back().get();
  note(fmt::format("process {} starts{}", number, birth.locks ? "" : ", without a session lock"));
  processes_.back()->start();
}

// Whoever supervises the process starts it anew.
void World::replace(Process& process, Micros when) {
  at(when, [this, &process] {
    auto& place = workers_[static_cast<std::size_t>(process.number())];
    if (place != &process) return;
    process.kill();
    start_worker(process.number());
  });
}

void World::crash(Process& process, Crash how) {
  if (over_ || process.dead() || !chaos_.on) return;
  chaos_.count(how);
  note(fmt::format("process {} is killed: {}", process.number(), name_of(how)));
  process.kill();
  replace(process, later(Millis{50}, Millis{4'000}));
}

void World::freeze(Process& process, Crash how, Micros span) {
  if (over_ || process.dead() || !chaos_.on) return;
  chaos_.count(how);
  note(fmt::format("process {} is stopped for {} ms: {}", process.number(), span.count() / 1'000,
                   name_of(how)));
  process.freeze(time_.now() + span);
  at(time_.now() + span, [&process] { process.thaw(); });
}

void World::step_clock(Process& process, Micros ahead) {
  chaos_.count(Crash::clock_step);
  note(fmt::format("the clock of process {} steps ahead by {} ms", process.number(),
                   ahead.count() / 1'000));
  process.step_clock(ahead);
}

void World::drain(Process& process) {
  if (process.dead()) return;
  chaos_.count(Crash::drain);
  note(fmt::format("process {} is asked to end", process.number()));
  process.drain();
  replace(process, later(Millis{200}, Millis{5'000}));
}

RunReport World::run() {
  workers_.resize(static_cast<std::size_t>(plan_->workers));
  for (int n = 0; n < plan_->workers; ++n) start_worker(n);
  schedule_mutations();
  schedule_trouble();
  schedule_outside();
  at(plan_->trouble_until, [this] { end_trouble(); });
  const auto limit = plan_->trouble_until + plan_->patience;
  time_.run([this] { return over_ || checkers_->violation().has_value(); }, limit);
  if (!over_ && !checkers_->violation()) {
    note_unrest();
    checkers_->at_the_end();
    checkers_->violated("the run did not come to rest");
  }
  RunReport report{checkers_->violation(), chaos_.tally,
                   static_cast<double>(time_.now().count()) / 1e6};
  if (report.violation) note("VIOLATION: " + *report.violation);
  shut_down();
  return report;
}

// Every process dies, and what they had under way comes back to nobody.
void World::shut_down() {
  over_ = true;
  options_.trace = false;
  for (const auto& process : processes_) process->kill();
  const auto all_ended = [this] {
    for (const auto& process : processes_)
      if (!process->ended()) return false;
    return true;
  };
  time_.run(all_ended, time_.now() + std::chrono::hours{1});
  while (time_.step()) {
  }
}

RunReport run_world(const RunOptions& options) {
  return World{options}.run();
}

}  // namespace rolecall::sim
