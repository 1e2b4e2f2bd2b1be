#include "tests/unit/workflows/one_subject.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "workflows/shown.hpp"
#include "workflows/timestamps.hpp"

namespace rolecall::stories {
namespace {

constexpr int kMostSteps = 3'000;

Elements changed_between(const State& before, const State& after) {
  Elements changed;
  const Elements none;
  const Elements& a = before ? *before : none;
  const Elements& b = after ? *after : none;
  for (const auto& [element, content] : a)
    if (!b.contains(element) || b.at(element) != content) changed.emplace(element, "");
  for (const auto& [element, content] : b)
    if (!a.contains(element) || a.at(element) != content) changed.emplace(element, "");
  if (before.has_value() != after.has_value()) changed.emplace(std::string(kPresence), "");
  return changed;
}

}  // namespace

OneSubject::OneSubject(Settings settings) : settings_(settings) {
  WorkflowOptions options;
  options.visibility = settings.visibility;
  workflows_ = make_workflows(options);
  const bool member = settings.family == Family::member;
  object_ = {settings.family, "org_1", member ? "user_1" : "org-x"};
  facts_.subject = Subject("one");
  facts_.organization = OrganizationId("acme");
  facts_.visibility = settings.visibility;
  facts_.send_window = settings.send_window;
  facts_.multiple_roles = settings.multiple_roles;
}

State OneSubject::desired() const {
  return facts_.kind.empty() ? State{} : intent_of(facts_.kind, facts_.desired)->state;
}

State OneSubject::at_workos() const {
  if (settings_.family == Family::role) {
    if (!workos.role()) return std::nullopt;
    return Elements{{"name", workos.role()->name}};
  }
  if (!workos.membership()) return std::nullopt;
  Elements roles;
  for (const auto& slug : workos.membership()->roles) roles.emplace(slug, "");
  return roles;
}

void OneSubject::mutate(const State& wanted) {
  const State before = desired();
  const bool first = facts_.kind.empty();
  facts_.version = Version(facts_.version.number() + 1);
  for (const auto& [element, unused] : changed_between(before, wanted))
    facts_.touched[element] = facts_.version;
  if (first) facts_.touched[std::string(kPresence)] = facts_.version;
  facts_.kind = kind_of(settings_.family, wanted);
  facts_.desired = wanted ? document_of(object_, *wanted) : document_of(object_);
  outbox_.push_back({facts_.version, facts_.kind, facts_.desired});
  note(fmt::format("mutation {}: {}", facts_.version.number(), words_for(wanted)));
}

bool OneSubject::take_in() {
  if (outbox_.empty() || lane_is(LaneState::leased)) return false;
  if (!facts_.lane) facts_.lane = LaneFact{};
  LaneFact& lane = *facts_.lane;
  lane.wanted = outbox_.back().version;
  lane.kind = outbox_.back().kind;
  lane.desired = outbox_.back().desired;
  lane.state = LaneState::due;
  lane.cancelled = false;
  due_at_ = now;
  outbox_.clear();
  return true;
}

Lease OneSubject::lease() {
  LaneFact& lane = *facts_.lane;
  lane.state = LaneState::leased;
  Lease lease = lease_of(lane.kind, lane.desired, Operation::put);
  lease.version = lane.wanted;
  lease.send = SendId(static_cast<std::int64_t>(++sends_made_));
  lease.incarnation = facts_.incarnation;
  lease.seen = facts_.seen;
  lease.looked = facts_.looked;
  const auto add = facts_.touched.find(std::string(kPresence));
  const bool inactive_add = facts_.seen_status == "inactive" && add != facts_.touched.end() &&
                            add->second > facts_.echoed;
  if (lane.kind.ends_with(".remove"))
    lease.operation = Operation::remove;
  else if (!facts_.incarnation || inactive_add)
    lease.operation = Operation::create;
  SendFact send;
  send.id = lease.send;
  send.version = lease.version;
  send.operation = lease.operation;
  if (lease.operation != Operation::create) send.incarnation = lease.incarnation;
  if (lease.operation != Operation::remove) send.value = lease.desired;
  send.leased_at = text_of(now);
  facts_.sends.push_back(send);
  note(fmt::format("send {}: {} {} of version {}", send.id.number(), name_of(send.operation),
                   lease.desired, send.version.number()));
  return lease;
}

CallAnswer OneSubject::carry(const Lease& lease, const HttpRequest& request, Wire wire,
                             Millis late_by) {
  switch (wire) {
    case Wire::answered:
      return workos.handle(request, now);
    case Wire::answer_lost:
      workos.handle(request, now);
      break;
    case Wire::request_lost:
      break;
    case Wire::late:
      late_.push_back({lease.send, request, now + late_by, false});
      break;
    case Wire::refused:
      return answer(429, R"({"message":"Too many requests."})");
    case Wire::worker_killed:
      late_.push_back({lease.send, request, now + late_by, late_by.count() % 2 == 0});
      break;
  }
  return no_answer(FailureClass::in_doubt);
}

bool OneSubject::lease_and_say(Wire wire, Millis late_by) {
  if (!lane_is(LaneState::due) || facts_.lane->looking || !due_at_ || *due_at_ > now) return false;
  const Lease leased = lease();
  const auto machine = workflows_->deliver(leased);
  DeliveryStep step = machine->start();
  bool said = false;
  while (const Call* call = std::get_if<Call>(&step)) {
    EXPECT_FALSE(call->mutates && said) << "a lease makes one mutating call";
    said = said || call->mutates;
    if (!call->mutates) {
      step = machine->resume(workos.handle(call->request, now));
      continue;
    }
    const CallAnswer came = carry(leased, call->request, wire, late_by);
    if (wire == Wire::worker_killed) {  // the rescue frees the lane; a create must be looked for
      facts_.lane->state = LaneState::due;
      facts_.lane->looking = leased.operation == Operation::create;
      facts_.lane->looks_absent = 0;
      due_at_ = now;
      if (facts_.lane->looking) verify_at_ = now + settings_.visibility;
      reduce_due_ = true;
      return true;
    }
    step = machine->resume(came);
  }
  settle(std::get<Settlement>(step));
  return true;
}

void OneSubject::note(std::string what) {
  events_.push_back(text_of(now).substr(11, 12) + "  " + std::move(what));
}

void OneSubject::close(SendId id) {
  std::erase_if(facts_.sends, [id](const SendFact& send) { return send.id == id; });
}

void OneSubject::answered(SendId id, const Observation& shown) {
  for (SendFact& send : facts_.sends) {
    if (send.id != id) continue;
    send.state = SendState::answered;
    send.answer = shown;
    reduce_due_ = true;
  }
}

void OneSubject::settle(const Settlement& settlement) {
  LaneFact& lane = *facts_.lane;
  note(fmt::format("settled send {}: {}, {}", settlement.send.number(), name_of(settlement.outcome),
                   name_of(settlement.fate)));
  if (settlement.fate == SendFate::answered) answered(settlement.send, *settlement.answer);
  if (settlement.fate == SendFate::unsent) close(settlement.send);
  reduce_due_ = true;
  switch (settlement.outcome) {
    case Outcome::delivered:
      lane.delivered = lane.wanted;
      lane.state = LaneState::idle;
      break;
    case Outcome::partial:
    case Outcome::retry:
      lane.state = LaneState::due;
      due_at_ = now + std::max(settlement.delay, Millis{200});
      break;
    case Outcome::look:
      lane.state = LaneState::due;
      lane.looking = true;
      lane.looks_absent = 0;
      due_at_ = now;
      verify_at_ = now + settlement.delay;
      break;
    case Outcome::held:
      lane.state = LaneState::held;
      break;
    case Outcome::dead:
      lane.state = LaneState::dead;
      break;
  }
}

bool OneSubject::begin_read() {
  if (!verify_at_ || *verify_at_ > now || lane_is(LaneState::leased) || reading_) return false;
  Verification asked;
  asked.family = name_of(settings_.family);
  asked.desired = document_of(object_);
  asked.incarnation = facts_.incarnation;
  const auto machine = workflows_->read(asked);
  ReadStep step = machine->start();
  while (const Call* call = std::get_if<Call>(&step))
    step = machine->resume(workos.handle(call->request, now));
  const auto shown = std::get<Result<Observation>>(step);
  EXPECT_TRUE(shown.has_value());
  note("read: " + shown->value.value_or("absent"));
  reading_ = Reading{facts_.version, sends_made_, {text_of(now), *shown}};
  verify_at_.reset();
  return true;
}

bool OneSubject::finish_read() {
  if (!reading_) return false;
  const bool overtaken = reading_->version != facts_.version || reading_->sends != sends_made_ ||
                         lane_is(LaneState::leased);
  if (overtaken) {
    verify_at_ = now + Millis{1'000};
  } else {
    facts_.read = reading_->read;
    reduce_due_ = true;
  }
  reading_.reset();
  return true;
}

bool OneSubject::reduce_due() {
  if (!reduce_due_ || lane_is(LaneState::leased) || facts_.kind.empty()) return false;
  reduce_due_ = false;
  facts_.now = text_of(now);
  facts_.next_row = !outbox_.empty();
  const auto reduction = workflows_->reduce(facts_);
  EXPECT_TRUE(reduction.has_value()) << reduction.error().detail;
  apply(*reduction);
  facts_.read.reset();
  return true;
}

void OneSubject::adopt(const Reduction& reduction) {
  if (reduction.adopted_desired) {
    facts_.version = Version(facts_.version.number() + 1);
    facts_.kind = reduction.adopted_kind;
    facts_.desired = *reduction.adopted_desired;
  }
  if (!reduction.next) return;
  note("next row: " + reduction.next->desired + " because " + reduction.next->reason);
  facts_.version = Version(facts_.version.number() + 1);
  facts_.kind = reduction.next->kind;
  facts_.desired = reduction.next->desired;
  outbox_.push_back({facts_.version, facts_.kind, facts_.desired});
}

void OneSubject::apply(const Reduction& reduction) {
  facts_.incarnation = reduction.incarnation;
  facts_.incarnation_created_at = reduction.incarnation_created_at;
  facts_.dead_incarnation_at = reduction.dead_incarnation_at;
  facts_.echoed = reduction.echoed;
  facts_.looked = reduction.looked;
  facts_.seen = reduction.seen;
  facts_.seen_at = reduction.seen_at;
  facts_.absent_since = reduction.absent_since;
  facts_.seen_status = reduction.seen_status;
  facts_.seen_source = reduction.seen_source;
  facts_.directory_managed = reduction.directory_managed;
  facts_.touched = reduction.touched;
  for (const SendId id : reduction.absorbed)
    for (SendFact& send : facts_.sends)
      if (send.id == id) send.absorbed = true;
  for (const auto& [id, at] : reduction.matched)
    for (SendFact& send : facts_.sends)
      if (send.id == id) {
        send.state = SendState::matched;
        note(fmt::format("send {} matched", id.number()));
      }
  for (const SendId id : reduction.closed) {
    close(id);
    note(fmt::format("send {} closed", id.number()));
  }
  for (const AuditEntry& entry : reduction.audit) {
    verdicts_.push_back(entry.verdict);
    note(entry.verdict + ": " + entry.detail);
  }
  if (facts_.lane) {
    LaneFact& lane = *facts_.lane;
    lane.looks_absent = reduction.looks_absent;
    const bool ends = reduction.lane_observed || reduction.lane_cancelled;
    if (ends) lane.state = LaneState::idle;
    if (ends || reduction.look_over) lane.looking = false;
  }
  adopt(reduction);
  if (reduction.confirmed) facts_.confirmed = *reduction.confirmed;
  verify_at_.reset();
  if (reduction.verify_in) verify_at_ = now + *reduction.verify_in;
}

bool OneSubject::land_late(bool all) {
  for (std::size_t i = 0; i < late_.size(); ++i) {
    if (!all && late_[i].at > now) continue;
    const Late landed = late_[i];
    late_.erase(late_.begin() + static_cast<std::ptrdiff_t>(i));
    const HttpResponse came = workos.handle(landed.request, now);
    note(fmt::format("send {} landed late: {}", landed.send.number(), came.status));
    const bool removes = landed.request.method == "DELETE";
    if (!landed.tells || came.status >= 300) return true;
    const auto told = removes                              ? Result<Observation>(Observation{})
                      : settings_.family == Family::member ? member_shown(object_, came)
                                                           : role_shown(object_, came);
    answered(landed.send, *told);
    return true;
  }
  return false;
}

std::optional<WallTime> OneSubject::next_event() const {
  std::optional<WallTime> next;
  const auto consider = [&](WallTime at) { next = next ? std::min(*next, at) : at; };
  if (verify_at_) consider(*verify_at_);
  if (lane_is(LaneState::due) && !facts_.lane->looking) consider(*due_at_);
  for (const Late& late : late_) consider(late.at);
  return next;
}

bool OneSubject::run_until_quiet() {
  for (int step = 0; step < kMostSteps; ++step) {
    if (land_late(false) || finish_read() || reduce_due() || take_in() ||
        lease_and_say(Wire::answered) || begin_read()) {
      now += Millis{7};
      continue;
    }
    const auto next = next_event();
    if (!next) return true;
    now = std::max(now, *next);
  }
  return false;
}

}  // namespace rolecall::stories
