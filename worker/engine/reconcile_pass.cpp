#include "worker/engine/reconcile_pass.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace rolecall {
namespace {

constexpr int kRounds = 4;     // of reading again what moved
constexpr int kTries = 5;      // of one call
constexpr Millis kPause{250};  // between two looks at the stream, and before a second try
constexpr Millis kStreamPatience{60'000};
constexpr std::size_t kNotedAtOnce = 100;
// In one statement: what differs takes the database milliseconds each, and a statement has 5 s.
constexpr std::size_t kComparedAtOnce = 25;
constexpr std::size_t kKept = 5'000;  // things that are to be compared again, before that is done
constexpr int kLooksThatMayFail = 3;  // in one pass: it is theirs, and not everybody's

Failure interrupted() {
  return {.kind = FailureClass::transient,
          .code = "interrupted",
          .detail = "the reconciliation was interrupted; the last plan stands"};
}

// What has to be compared again, and how it is read by itself; many may wait at once.
struct Recheck {
  ListedThing thing{};
  std::string key{};  // its subject or, where nobody here knows it, its key at WorkOS
  JsonText desired{};
  std::optional<std::string> incarnation{};
};

Recheck recheck_of(Candidate candidate) {
  Recheck recheck{.thing = std::move(candidate.read)};
  recheck.key = recheck.thing.subject.empty() ? std::move(candidate.object_key)
                                              : recheck.thing.subject.text();
  recheck.desired = std::move(candidate.desired);
  if (candidate.facts) recheck.incarnation = std::move(candidate.facts->incarnation);
  return recheck;
}

// A pass under way: what was found and is not kept yet, and what has to be looked at again.
struct Pass {
  const PassPorts& ports;
  PassWish wish;
  ReconcilePass pass{};
  PassEnd end{};
  std::map<std::string, EnvironmentRole> environment_roles{};
  std::vector<Finding> findings{};
  std::vector<FoundAndRepair> repairs{};
  std::vector<Recheck> again{};    // moved, or not in the listing: to be read by itself
  std::vector<Recheck> waiting{};  // for the stream
  bool early = false;              // some of `again` were read too soon
  int failed_looks = 0;

  explicit Pass(const PassPorts& p, PassWish w) : ports(p), wish(std::move(w)) {}

  void note_repair(Candidate candidate, Finding finding, Repair repair);
  void found(Candidate candidate, Judged judged);
  void take(Candidate candidate, bool listed);
  void give_up(const std::vector<Recheck>& rechecks);
  Task<Result<void>> flush();
  Task<Result<HttpResponse>> call(Call wanted);
  Task<Result<void>> compare(std::vector<ListedThing> things);
  Task<Result<void>> read_listing();
  Task<Result<void>> read_rest(std::string begun_at);
  Task<Result<Observation>> look(const Recheck& recheck);
  Task<Result<void>> look_again();
  Task<Result<void>> await_stream();
  Task<Result<void>> relieve();
  Task<Result<void>> settle();
  Task<Result<void>> run(OrganizationId organization);
};

void Pass::note_repair(Candidate candidate, Finding finding, Repair repair) {
  for (const std::string& slug : repair.needs_roles)
    if (const auto listed = environment_roles.find(slug); listed != environment_roles.end())
      repair.listed_roles.push_back(listed->second);
  repairs.push_back({std::move(candidate), std::move(finding), std::move(repair)});
}

void Pass::found(Candidate candidate, Judged judged) {
  Finding& finding = *judged.finding;
  ++end.found[finding.kind];
  end.planned_calls += finding.calls;
  end.planned_seconds += finding.seconds;
  findings.push_back(finding);
  if (judged.repair.step != RepairStep::none && wish.repairs.contains(finding.kind))
    note_repair(std::move(candidate), std::move(finding), std::move(judged.repair));
}

// What a listing does not show is looked at by itself before anything follows from that.
void Pass::take(Candidate candidate, bool listed) {
  Judged judged = ports.workflows.judge(candidate, pass.pace);
  const bool to_look = judged.repair.step == RepairStep::observe;
  switch (judged.verdict) {
    case Judged::Verdict::agrees:
      if (to_look && !wish.repairs.empty())  // it proves what was delivered
        note_repair(std::move(candidate), {}, std::move(judged.repair));
      return;
    case Judged::Verdict::differs:
      if (!listed && to_look)
        again.push_back(recheck_of(std::move(candidate)));
      else
        found(std::move(candidate), std::move(judged));
      return;
    case Judged::Verdict::waits:
      (listed ? waiting : again).push_back(recheck_of(std::move(candidate)));
      return;
    case Judged::Verdict::too_early:
      early = true;
      again.push_back(recheck_of(std::move(candidate)));
      return;
    case Judged::Verdict::moved:
      again.push_back(recheck_of(std::move(candidate)));
      return;
  }
}

void Pass::give_up(const std::vector<Recheck>& rechecks) {
  for (const Recheck& recheck : rechecks) end.report.unjudged.push_back(recheck.key);
}

Task<Result<void>> Pass::flush() {
  if (!findings.empty()) {
    const auto kept = co_await ports.store.keep(pass, std::exchange(findings, {}));
    if (!kept) co_return kept.error();
  }
  if (repairs.empty()) co_return Result<void>{};
  std::set<std::string> proofs;  // that what was delivered is there: no repair of anything
  for (const FoundAndRepair& one : repairs)
    if (one.finding.subject.empty()) proofs.insert(one.candidate.read.subject.text());
  const auto outcomes = co_await ports.store.apply(pass, std::exchange(repairs, {}));
  if (!outcomes) co_return outcomes.error();
  for (const auto& [subject, outcome] : *outcomes)
    if (!proofs.contains(subject)) ++end.repaired[outcome];
  co_return Result<void>{};
}

bool worth_a_second_try(const Result<HttpResponse>& answer) {
  if (!answer) return true;
  return answer->status == 429 || answer->status == 408 || answer->status >= 500;
}

Task<Result<HttpResponse>> Pass::call(Call wanted) {
  Millis pause = kPause;
  for (int tries = 1;; ++tries) {
    auto answer = co_await ports.call(wanted);
    if (!answer) co_return interrupted();
    ++end.report.calls;
    if (!worth_a_second_try(*answer) || tries == kTries) co_return *std::move(answer);
    pause *= 2;
    if (!co_await ports.wait(pause)) co_return interrupted();
  }
}

Task<Result<void>> Pass::compare(std::vector<ListedThing> things) {
  for (std::size_t from = 0; from < things.size(); from += kComparedAtOnce) {
    const auto first = things.begin() + static_cast<std::ptrdiff_t>(from);
    const auto last = things.begin() +
                      static_cast<std::ptrdiff_t>(std::min(from + kComparedAtOnce, things.size()));
    auto page = co_await ports.store.compare(
        pass, std::vector(std::make_move_iterator(first), std::make_move_iterator(last)));
    if (!page) co_return page.error();
    pass.now = std::move(page->now);
    for (Candidate& candidate : page->candidates) take(std::move(candidate), true);
    const auto flushed = co_await flush();
    if (!flushed) co_return flushed.error();
  }
  co_return Result<void>{};
}

Task<Result<void>> Pass::read_listing() {
  const auto listing = ports.workflows.list(pass.workos);
  Call wanted = listing->start();
  while (true) {
    const std::string begun_at = pass.now;
    const auto answer = co_await call(std::move(wanted));
    if (!answer && answer.error().code == "interrupted") co_return answer.error();
    auto page = listing->resume(answer);
    if (!page) co_return page.error();
    for (EnvironmentRole& role : page->environment_roles) {
      std::string slug = role.slug;
      environment_roles.insert_or_assign(std::move(slug), std::move(role));
    }
    for (ListedThing& thing : page->things) thing.begun_at = begun_at;
    end.report.compared += static_cast<int>(page->things.size());
    const auto compared = co_await compare(std::move(page->things));
    if (!compared) co_return compared.error();
    ports.progress(end.report.compared);
    const auto relieved = co_await relieve();
    if (!relieved) co_return relieved.error();
    if (page->end) co_return Result<void>{};
    wanted = listing->next();
  }
}

Task<Result<void>> Pass::read_rest(std::string begun_at) {
  std::string after;
  do {
    auto page = co_await ports.store.rest(pass, begun_at, after);
    if (!page) co_return page.error();
    after = std::move(page->last);
    end.report.compared += static_cast<int>(page->candidates.size());
    for (Candidate& candidate : page->candidates) take(std::move(candidate), false);
    const auto flushed = co_await flush();
    if (!flushed) co_return flushed.error();
    const auto relieved = co_await relieve();
    if (!relieved) co_return relieved.error();
  } while (!after.empty());
  co_return Result<void>{};
}

Task<Result<Observation>> Pass::look(const Recheck& recheck) {
  Verification asked;
  asked.subject = recheck.thing.subject;
  asked.organization = pass.organization;
  asked.family = recheck.thing.family;
  asked.desired = recheck.desired;
  asked.incarnation = recheck.incarnation;
  const auto workflow = ports.workflows.read(asked);
  ReadStep step = workflow->start();
  while (auto* next = std::get_if<Call>(&step)) {
    const auto answer = co_await call(std::move(*next));
    if (!answer && answer.error().code == "interrupted") co_return answer.error();
    step = workflow->resume(answer);
  }
  co_return std::get<Result<Observation>>(std::move(step));
}

Task<Result<void>> Pass::look_again() {
  if (std::exchange(early, false) && !co_await ports.wait(pass.visibility)) co_return interrupted();
  auto rechecks = std::exchange(again, {});
  for (std::size_t from = 0; from < rechecks.size(); from += kNotedAtOnce) {
    const std::size_t to = std::min(from + kNotedAtOnce, rechecks.size());
    std::vector<std::string> subjects;
    for (std::size_t i = from; i < to; ++i) subjects.push_back(rechecks[i].thing.subject.text());
    const auto now = co_await ports.store.note_again(pass, std::move(subjects));
    if (!now) co_return now.error();
    std::vector<ListedThing> things;
    for (std::size_t i = from; i < to; ++i) {
      auto shown = co_await look(rechecks[i]);
      if (!shown) {
        if (shown.error().code == "interrupted" || ++failed_looks > kLooksThatMayFail)
          co_return shown.error();
        end.report.unjudged.push_back(std::move(rechecks[i].key));
        continue;
      }
      ListedThing thing = std::move(rechecks[i].thing);
      thing.begun_at = *now;
      thing.ended_at.clear();
      thing.shown = *std::move(shown);
      things.push_back(std::move(thing));
    }
    const auto compared = co_await compare(std::move(things));
    if (!compared) co_return compared.error();
  }
  co_return Result<void>{};
}

// Until the stream tells all that happened before the reads; what it tells is known by then.
Task<Result<void>> Pass::await_stream() {
  auto rechecks = std::exchange(waiting, {});
  if (rechecks.empty()) co_return Result<void>{};
  std::string newest;
  for (const Recheck& recheck : rechecks) newest = std::max(newest, recheck.thing.ended_at);
  for (Millis waited{0};; waited += kPause) {
    const auto reached = co_await ports.store.stream_reached(newest);
    if (!reached) co_return reached.error();
    if (*reached) break;
    if (waited >= pass.visibility + kStreamPatience) {
      give_up(rechecks);
      co_return Result<void>{};
    }
    if (!co_await ports.wait(kPause)) co_return interrupted();
  }
  std::vector<ListedThing> things;
  for (Recheck& recheck : rechecks) things.push_back(std::move(recheck.thing));
  co_return co_await compare(std::move(things));
}

// Keeps what waits from growing with the organization.
Task<Result<void>> Pass::relieve() {
  if (waiting.size() >= kKept) {
    const auto streamed = co_await await_stream();
    if (!streamed) co_return streamed.error();
  }
  if (again.size() >= kKept) {
    const auto looked = co_await look_again();
    if (!looked) co_return looked.error();
  }
  co_return Result<void>{};
}

Task<Result<void>> Pass::settle() {
  for (int round = 0; round < kRounds && !(again.empty() && waiting.empty()); ++round) {
    const auto streamed = co_await await_stream();
    if (!streamed) co_return streamed.error();
    const auto looked = co_await look_again();
    if (!looked) co_return looked.error();
  }
  const auto streamed = co_await await_stream();
  if (!streamed) co_return streamed.error();
  give_up(again);
  give_up(waiting);
  co_return Result<void>{};
}

Task<Result<void>> Pass::run(OrganizationId organization) {
  auto begun = co_await ports.store.begin(std::move(organization), wish.who);
  if (!begun) co_return begun.error();
  pass = *std::move(begun);
  const std::string begun_at = pass.now;
  auto done = co_await read_listing();
  if (done) done = co_await read_rest(begun_at);
  if (done) done = co_await settle();
  const bool over = !done && (done.error().code == "interrupted" || done.error().code == kFenced);
  if (over) co_return done.error();
  if (!done) end.report.failure = done.error().code + ": " + done.error().detail;
  const auto ended = co_await ports.store.end(pass, end.report);
  if (!ended) co_return ended.error();
  co_return done;
}

}  // namespace

Task<Result<PassEnd>> reconcile_organization(const PassPorts& ports, OrganizationId organization,
                                             PassWish wish) {
  Pass pass(ports, std::move(wish));
  const auto done = co_await pass.run(std::move(organization));
  if (!done) co_return done.error();
  co_return std::move(pass.end);
}

}  // namespace rolecall
