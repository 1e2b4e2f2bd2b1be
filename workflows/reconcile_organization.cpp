#include "workflows/reconcile_organization.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "workflows/level_rule.hpp"
#include "workflows/observe.hpp"
#include "workflows/picture.hpp"
#include "workflows/reduce.hpp"
#include "workflows/timestamps.hpp"

namespace rolecall {
namespace {

// The three sides of a comparison, and what the reducer would make of the read.
struct Sides {
  Family family = Family::member;
  State desired{};
  State mirror{};
  State remote{};
  bool mirrored = false;  // the tables have it; else `mirror` is `desired`
};

struct Cost {
  int um_read = 0;
  int um_write = 0;
  int general = 0;
};

struct Ruling {
  Verdict verdict = Verdict::unchanged;
  bool adopts = false;  // here follows WorkOS
  bool says = false;    // WorkOS is told
  bool takes_away = false;
  bool rolled_back = false;  // WorkOS is behind what it had confirmed
  bool same_thing = false;   // what was shown is the incarnation that is known here
  bool known_dead = false;   // or one that is known to be gone
};

Result<State> state_in(Family family, const std::optional<JsonText>& document) {
  if (!document) return State{};
  auto elements = elements_of(family, *document);
  if (!elements) return elements.error();
  return State{*std::move(elements)};
}

Family family_in(const Candidate& c) {
  return family_of(c.read.family).value_or(Family::member);
}

Result<Sides> sides_of(const Candidate& c) {
  Sides sides;
  sides.family = family_in(c);
  if (c.known) {
    auto intent = intent_of(c.kind, c.desired);
    if (!intent) return intent.error();
    sides.desired = std::move(intent->state);
  }
  auto remote = c.anothers ? Result<State>(State{}) : state_in(sides.family, c.read.shown.value);
  if (!remote) return remote.error();
  sides.remote = *std::move(remote);
  sides.mirrored = c.mirror.has_value();
  sides.mirror = sides.desired;
  if (!c.mirror) return sides;
  auto mirror = state_in(sides.family, c.mirror->value);
  if (!mirror) return mirror.error();
  sides.mirror = *std::move(mirror);
  return sides;
}

std::vector<std::string> fields_between(const State& a, const State& b) {
  if (a.has_value() != b.has_value()) return {"presence"};
  std::vector<std::string> fields;
  if (!a) return fields;
  Elements every = *a;
  every.insert(b->begin(), b->end());
  for (const auto& [element, unused] : every) {
    const auto in_a = a->find(element);
    const auto in_b = b->find(element);
    if (in_a == a->end() || in_b == b->end() || in_a->second != in_b->second)
      fields.push_back(element);
  }
  return fields;
}

// What WorkOS owns of a membership, beside its roles.
std::vector<std::string> flags_between(const Candidate& c, const Sides& sides) {
  std::vector<std::string> fields;
  if (sides.family != Family::member || !c.mirror || !sides.remote || !sides.desired) return fields;
  if (c.mirror->status != c.read.shown.status) fields.emplace_back("status");
  if (c.mirror->directory_managed != c.read.shown.directory_managed)
    fields.emplace_back("directory_managed");
  return fields;
}

bool moved(const Candidate& c) {
  const SubjectFacts& facts = *c.facts;
  if (!c.noted || facts.version != c.version || facts.version > c.noted->version) return true;
  if (facts.lane && facts.lane->delivered != c.noted->delivered) return true;
  if (facts.lane && facts.lane->state == LaneState::leased) return true;
  return std::ranges::any_of(facts.sends,
                             [&](const SendFact& send) { return send.id > c.noted->send; });
}

bool on_its_way(const Candidate& c) {
  const SubjectFacts& facts = *c.facts;
  const bool unreduced = c.unreduced || !facts.events.empty();
  if (facts.next_row || (unreduced && c.reduce_failure.empty())) return true;
  if (facts.lane && (facts.lane->state == LaneState::due || facts.lane->state == LaneState::leased))
    return true;
  return facts.events_on && std::ranges::any_of(facts.sends, [](const SendFact& send) {
           return send.state == SendState::answered;
         });
}

bool is_stopped(const Candidate& c) {
  if (!c.reduce_failure.empty()) return true;
  if (!c.facts->lane) return false;
  const LaneFact& lane = *c.facts->lane;
  return lane.state == LaneState::held || lane.state == LaneState::dead ||
         (lane.cancelled && lane.wanted == c.facts->version);
}

// Do they differ only in roles that nobody here knows, or knows no more?
bool only_unknown_differ(const Candidate& c, const Sides& sides) {
  if (!sides.mirror || !sides.desired) return false;
  return std::ranges::all_of(fields_between(sides.desired, sides.mirror), [&](const auto& slug) {
    return sides.desired->contains(slug) &&
           std::ranges::find(c.unknown_slugs, slug) != c.unknown_slugs.end();
  });
}

bool has_unknown(const Candidate& c, const Sides& sides) {
  return sides.remote && std::ranges::any_of(c.unknown_slugs, [&](const auto& slug) {
           return sides.remote->contains(slug);
         });
}

// The facts with the read among them. A listing that is complete and a look by id are two reads: an
// absence that both found is decided about as if they were `visibility` apart.
SubjectFacts with_read(const Candidate& c, const Sides& sides) {
  SubjectFacts facts = *c.facts;
  facts.read = ReadFact{c.read.begun_at, sides.remote ? c.read.shown : Observation{}};
  const auto begun_at = wall_time_of(c.read.begun_at);
  if (!sides.remote && begun_at) facts.absent_since = text_of(*begun_at - facts.visibility);
  return facts;
}

Result<Ruling> ruling_of(const Candidate& c, const Sides& sides) {
  const SubjectFacts facts = with_read(c, sides);
  auto picture = picture_of(facts);
  if (!picture) return picture.error();
  auto sightings = sightings_in(facts, *picture);
  if (!sightings) return sightings.error();
  const auto reduction = reduce(facts);
  if (!reduction) return reduction.error();
  Ruling ruling;
  const Picture before = *picture;
  for (const Sighting& sighting : *sightings) ruling.verdict = observe(*picture, sighting);
  ruling.adopts = reduction->adopted_desired.has_value();
  ruling.says = reduction->next.has_value();
  Picture after = before;
  after.seen = sides.remote;
  ruling.takes_away = takes_access_away(after);
  const Observation& shown = c.read.shown;
  ruling.same_thing = sides.remote && before.incarnation == shown.incarnation;
  ruling.known_dead = sides.remote && !ruling.same_thing && !before.dead_incarnation_at.empty() &&
                      !is_earlier(before.dead_incarnation_at, shown.created_at);
  ruling.rolled_back = ruling.same_thing && before.seen == before.desired &&
                       sides.remote != before.seen && is_earlier(shown.updated_at, before.seen_at);
  return ruling;
}

DriftClass class_of(const Candidate& c, const Sides& sides, const Ruling& ruling) {
  const Observation& shown = c.read.shown;
  if (sides.remote && shown.directory_managed) return DriftClass::directory_managed;
  if (sides.remote && shown.status == "pending") return DriftClass::pending_invitation;
  if (has_unknown(c, sides)) return DriftClass::unresolved_role;
  if (ruling.rolled_back) return DriftClass::lost_write;
  if (ruling.verdict == Verdict::late_write) return DriftClass::late_write;
  if (!sides.remote) return ruling.adopts ? DriftClass::missing_there : DriftClass::lost_write;
  if (!sides.desired)
    return ruling.same_thing || ruling.known_dead ? DriftClass::lost_write
                                                  : DriftClass::missing_here;
  if (!ruling.same_thing && ruling.verdict == Verdict::external_join)
    return DriftClass::missing_here;
  const bool ours_only = ruling.says && !ruling.adopts && ruling.verdict != Verdict::overruled &&
                         ruling.verdict != Verdict::merged;
  return ours_only ? DriftClass::lost_write : DriftClass::external_edit;
}

// What it takes at WorkOS: the write and the read that proves it, or the looks before something is
// taken away here.
Cost cost_of(Family family, bool says, bool looks) {
  Cost cost;
  int& writes = family == Family::member ? cost.um_write : cost.general;
  int& reads = family == Family::member ? cost.um_read : cost.general;
  if (says) {
    ++writes;
    ++reads;
  }
  if (looks) reads += 2;
  return cost;
}

void price(Finding& finding, const Cost& cost, const CallPace& pace) {
  finding.calls = cost.um_read + cost.um_write + cost.general;
  const double seconds = cost.um_read / std::max(pace.um_read_per_s, 1e-3) +
                         cost.um_write / std::max(pace.um_write_per_s, 1e-3) +
                         cost.general / std::max(pace.general_per_s, 1e-3);
  finding.seconds = std::round(seconds * 1000) / 1000;
}

Finding finding_of(const Candidate& c, const Sides& sides, DriftClass kind) {
  Finding finding;
  finding.subject = c.read.subject.empty() ? c.object_key : c.read.subject.text();
  finding.family = c.read.family;
  finding.name = c.read.name;
  finding.kind = kind;
  const ObjectName object{sides.family, c.workos, c.read.name};
  const State& local = c.known && kind != DriftClass::unsaid ? sides.desired : sides.mirror;
  if (local) finding.local = document_of(object, *local);
  if (sides.remote) finding.remote = document_of(object, *sides.remote);
  finding.fields = fields_between(local, sides.remote);
  if (kind == DriftClass::unsaid && finding.fields.empty())
    finding.fields = fields_between(sides.desired, sides.mirror);
  for (auto& flag : flags_between(c, sides)) finding.fields.push_back(std::move(flag));
  finding.version = c.version;
  if (c.local) finding.changed = *c.local;
  if (sides.remote) {
    finding.remote_updated_at = c.read.shown.updated_at;
    finding.remote_status = c.read.shown.status;
  }
  if (c.equals_version)
    finding.detail =
        fmt::format("it equals version {}, which was superseded", c.equals_version->number());
  finding.action = "none";
  return finding;
}

void add_detail(Finding& finding, const std::string& more) {
  if (more.empty()) return;
  finding.detail += (finding.detail.empty() ? "" : "; ") + more;
}

Judged differs(Finding finding, Repair repair = {}) {
  return {Judged::Verdict::differs, std::move(finding), std::move(repair)};
}

Judged unsaid(const Candidate& c, const Sides& sides, const CallPace& pace) {
  Finding finding = finding_of(c, sides, DriftClass::unsaid);
  finding.action = "say";
  price(finding, cost_of(sides.family, true, false), pace);
  return differs(std::move(finding), {.step = RepairStep::say});
}

Judged on_its_way_or_stopped(const Candidate& c, const Sides& sides) {
  const bool stopped = !c.reduce_failure.empty();
  Finding finding = finding_of(c, sides, stopped ? DriftClass::stopped : DriftClass::pending);
  add_detail(finding, c.reduce_failure);
  return differs(std::move(finding));
}

// Nobody here has a version of it.
Judged judge_stranger(const Candidate& c, const Sides& sides, const CallPace& pace) {
  if (sides.mirrored && sides.mirror) return unsaid(c, sides, pace);
  if (!sides.remote) return {};
  if (c.unreduced) return on_its_way_or_stopped(c, sides);
  if (c.stream_behind) return {Judged::Verdict::waits};
  DriftClass kind = DriftClass::missing_here;
  if (has_unknown(c, sides)) kind = DriftClass::unresolved_role;
  if (c.read.shown.status == "pending") kind = DriftClass::pending_invitation;
  if (c.read.shown.directory_managed) kind = DriftClass::directory_managed;
  Finding finding = finding_of(c, sides, kind);
  finding.action = "enter";
  return differs(std::move(finding), {.step = RepairStep::enter, .needs_roles = c.unknown_slugs});
}

std::string action_of(const Sides& sides, DriftClass kind, const Ruling& ruling) {
  if (ruling.rolled_back) return "say_again";
  if (ruling.says && ruling.adopts) return "merge";
  if (ruling.says) return kind == DriftClass::pending_invitation ? "none" : "say_again";
  if (kind == DriftClass::unresolved_role && sides.remote == sides.desired) return "know_role";
  return "take_over";
}

Judged judge_difference(const Candidate& c, const Sides& sides, const CallPace& pace) {
  const auto ruling = ruling_of(c, sides);
  if (!ruling) {
    Finding finding = finding_of(c, sides, DriftClass::stopped);
    add_detail(finding, ruling.error().detail);
    return differs(std::move(finding));
  }
  if (ruling->verdict == Verdict::older_than_seen || ruling->verdict == Verdict::stale_incarnation)
    return {Judged::Verdict::too_early};
  const DriftClass kind = class_of(c, sides, *ruling);
  Finding finding = finding_of(c, sides, kind);
  if (finding.fields.empty() && !ruling->same_thing) finding.fields.emplace_back("incarnation");
  if (finding.fields.empty()) finding.fields = c.unknown_slugs;
  finding.action = action_of(sides, kind, *ruling);
  price(finding,
        cost_of(sides.family, ruling->says || ruling->rolled_back, ruling->adopts && !sides.remote),
        pace);
  Repair repair{.step = RepairStep::observe, .needs_roles = c.unknown_slugs};
  if (ruling->rolled_back) {
    repair.step = RepairStep::say_again;
    repair.priority = ruling->takes_away ? 0 : 2;
  }
  if (finding.action == "none") repair.step = RepairStep::none;
  return differs(std::move(finding), std::move(repair));
}

Judged judge_known(const Candidate& c, const Sides& sides, const CallPace& pace) {
  const SubjectFacts& facts = *c.facts;
  const bool same_thing = sides.remote ? facts.incarnation == c.read.shown.incarnation : true;
  const bool equal = sides.desired == sides.remote && sides.mirror == sides.desired && same_thing &&
                     flags_between(c, sides).empty() && !has_unknown(c, sides);
  const bool live = on_its_way(c);
  if (facts.role_ended || (equal && (live || facts.confirmed >= facts.version))) return {};
  if (equal) {
    Judged proof{.verdict = moved(c) ? Judged::Verdict::moved : Judged::Verdict::agrees};
    proof.repair.step = RepairStep::observe;
    return proof;
  }
  // Facts that wait change nothing while a person is waited for: the mass-revoke guard keeps them.
  if (live && (facts.next_row || !is_stopped(c))) {
    Finding finding = finding_of(c, sides, DriftClass::pending);
    add_detail(finding, c.lane_failure);
    return differs(std::move(finding));
  }
  if (moved(c)) return {Judged::Verdict::moved};
  if (is_stopped(c)) {
    Finding finding = finding_of(c, sides, DriftClass::stopped);
    add_detail(finding, c.reduce_failure.empty() ? c.lane_failure : c.reduce_failure);
    return differs(std::move(finding));
  }
  if (sides.mirror != sides.desired && !only_unknown_differ(c, sides))
    return unsaid(c, sides, pace);
  if (c.stream_behind || read_waits(with_read(c, sides))) return {Judged::Verdict::waits};
  return judge_difference(c, sides, pace);
}

}  // namespace

Judged judge(const Candidate& c, const CallPace& pace) {
  const auto sides = sides_of(c);
  if (!sides) {
    Finding finding = finding_of(c, {.family = family_in(c)}, DriftClass::stopped);
    add_detail(finding, sides.error().detail);
    return differs(std::move(finding));
  }
  if (!c.known) return judge_stranger(c, *sides, pace);
  if (c.facts) return judge_known(c, *sides, pace);
  // It was never leased: nothing was said or seen.
  if (sides->desired == sides->remote && sides->mirror == sides->desired) return {};
  return differs(finding_of(c, *sides, DriftClass::pending));
}

}  // namespace rolecall
