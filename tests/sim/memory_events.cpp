// The stream of WorkOS's events: the right to pull it, the cursor, and whose fact each event is.
#include <algorithm>

#include "tests/sim/document.hpp"
#include "tests/sim/memory_database.hpp"
#include "tests/sim/rfc3339.hpp"

namespace rolecall::sim {
namespace {

std::string key_of(const StreamEvent& event) {
  return event.family + ":" + key_part(event.organization) + ":" + key_part(event.name);
}

bool is_followed(const StreamEvent& event) {
  return event.family == "member" || event.family == "role" || event.family == "permissions";
}

RouteOfEvent to(const Subject& subject) {
  return {subject, {}};
}

RouteOfEvent nobodys(std::string outcome) {
  return {std::nullopt, std::move(outcome)};
}

}  // namespace

bool Inbox::is_given(const Subject& subject, const std::string& incarnation) const {
  const auto at = waiting.find(subject);
  return at != waiting.end() && std::ranges::any_of(at->second, [&](const InboxRow& row) {
           return row.event.shown->incarnation == incarnation;
         });
}

void MemoryDatabase::start_events(WallTime since) {
  t_.stream = StreamRow{};
  t_.stream.started_from = since;
  t_.stream.due_at = now();
  for (auto& [subject, row] : t_.observed)
    if ((!row.verify_at || *row.verify_at > now()) && !row.pending_read) row.verify_at = now();
  notify();
}

PullGrant MemoryDatabase::take_pull(WorkerId worker) {
  auto& stream = t_.stream;
  PullGrant grant;
  const auto lives = [&](WorkerId id) {
    const auto session = t_.sessions.find(id);
    return session != t_.sessions.end() && !session->second.retired_at;
  };
  if (!stream.started_from || !lives(worker)) return grant;
  if (stream.leased_by != WorkerId{} && stream.leased_by != worker &&
      stream.lease_expires_at > now() && lives(stream.leased_by)) {
    grant.again_in = Millis{200};
    return grant;
  }
  if (stream.due_at > now()) {
    grant.again_in = std::chrono::ceil<Millis>(stream.due_at - now());
    return grant;
  }
  // Down, a pull may be the probe: there may be nothing to say, and nothing else to read.
  if (!provider_up() && (t_.provider.paused || !grant_one_probe(Millis{1'000}, Millis{5'000}))) {
    grant.again_in = Millis{1'000};
    return grant;
  }
  stream.leased_by = worker;
  stream.lease_expires_at = now() + settings_.claim;
  PullTask task;
  task.after = stream.last_id;
  task.after_at = stream.last_at;
  // What a pull has seen empty needs not be asked for again.
  const auto seen = stream.pulled_at.value_or(*stream.started_from) - std::chrono::minutes{10};
  task.since = rfc3339(std::max(*stream.started_from, seen));
  task.begun_at = rfc3339(now());
  grant.task = std::move(task);
  grant.again_in = settings_.pull_every;
  return grant;
}

RecordedPage MemoryDatabase::record_events(WorkerId worker, const PullTask& task,
                                           const PulledPage& page) {
  auto& stream = t_.stream;
  if (!stream.started_from || stream.leased_by != worker || stream.lease_expires_at <= now() ||
      task.after != stream.last_id)
    return {.fenced = true};
  auto& inbox = t_.inbox;
  for (const auto& event : page.events) {
    if (!is_followed(event) || !inbox.known.emplace(event.id, event.family).second) continue;
    const InboxRow row{++inbox.last_seq, event, key_of(event)};
    if (event.family == "member")
      route_member(row);
    else
      inbox.unrouted.push_back(row);
  }
  if (!page.last_id.empty()) {
    stream.last_id = page.last_id;
    stream.last_at = page.last_at;
  }
  route_roles();
  stream.lease_expires_at = now() + settings_.claim;
  if (page.end) read_to(wall_time(task.begun_at));
  return {};
}

void MemoryDatabase::fail_pull(WorkerId worker, Millis retry) {
  auto& stream = t_.stream;
  if (stream.leased_by != worker) return;
  stream.leased_by = WorkerId{};
  stream.due_at = now() + retry;
}

// The stream was read to its end by a pull begun then: reads that waited for that go on.
void MemoryDatabase::read_to(WallTime begun_at) {
  auto& stream = t_.stream;
  stream.pulled_at = begun_at;
  stream.leased_by = WorkerId{};
  stream.due_at = now() + settings_.pull_every;
  for (auto& [subject, row] : t_.observed)
    if (row.pending_read && row.pending_read->begun_at + settings_.visibility <= begun_at)
      row.reduce_due_at = now();
}

void MemoryDatabase::give(const Subject& subject, const InboxRow& row) {
  t_.inbox.waiting[subject].push_back(row);
  observed_of(subject).reduce_due_at = now();
}

// A member whom nobody knew gets a row, as no member yet.
void MemoryDatabase::route_member(const InboxRow& row) {
  const auto& event = row.event;
  const Subject subject{"member:" + key_part(event.organization) + ":" + key_part(event.name)};
  if (!t_.subjects.contains(subject)) {
    auto& stranger = t_.subjects[subject];
    stranger.organization = OrganizationId{event.organization};
    stranger.object_key = row.object_key;
    stranger.version = Version{1};
    stranger.kind = "member.remove";
    stranger.desired = member_text(event.organization, event.name, {settings_.default_role_slug});
    stranger.born = OutboxId{++last_outbox_};
    stranger.made_at = now();
  }
  give(subject, row);
}

// Events of one slug are applied in order, each incarnation's before the next one's.
bool MemoryDatabase::is_behind_another(const InboxRow& row) const {
  for (const auto& other : t_.inbox.unrouted)
    if (other.object_key == row.object_key && other.seq < row.seq) return true;
  const auto& mine = row.event.shown->incarnation;
  for (const auto& [subject, rows] : t_.inbox.waiting)
    for (const auto& other : rows)
      if (other.object_key == row.object_key && other.event.shown->incarnation != mine) return true;
  return false;
}

void MemoryDatabase::route_roles() {
  const auto rows = t_.inbox.unrouted;
  for (const auto& row : rows) {
    if (is_behind_another(row)) continue;
    const auto route =
        row.event.family == "permissions" ? route_of_permissions(row) : route_of(row);
    if (!route.subject && route.outcome.empty()) continue;
    std::erase_if(t_.inbox.unrouted, [&](const InboxRow& r) { return r.seq == row.seq; });
    if (route.subject) give(*route.subject, row);
  }
}

RouteOfEvent MemoryDatabase::route_of(const InboxRow& row) {
  const auto& made = row.event.shown->created_at;
  const Subject* bound = nullptr;
  const Subject* live = nullptr;
  OutboxId bound_born{};
  for (const auto& [subject, known] : t_.subjects) {
    if (known.object_key != row.object_key) continue;
    const bool lives = known.kind != "role.remove";
    if (lives) live = &subject;
    const auto observed = t_.observed.find(subject);
    if (observed == t_.observed.end()) continue;
    const auto& o = observed->second;
    const auto& shown = row.event.shown->incarnation;
    if (o.incarnation != shown && o.dead_incarnation_at != made && !made_by(subject, row) &&
        !(shown && t_.inbox.is_given(subject, *shown)))
      continue;
    if (bound != nullptr && !lives && (bound == live || known.born < bound_born)) continue;
    bound = &subject;
    bound_born = known.born;
  }
  if (bound != nullptr) return to(*bound);
  if (const auto* former = former_of(row)) return to(*former);
  const auto observed = live != nullptr ? t_.observed.find(*live) : t_.observed.end();
  const bool is_bound = observed != t_.observed.end() && observed->second.incarnation;
  if (row.event.type.ends_with(".deleted"))
    return live != nullptr && !is_bound ? to(*live) : nobodys("unknown_role");
  if (live == nullptr) return without_live_role(row);
  if (!is_bound || observed->second.incarnation_created_at >= made) return to(*live);
  // Its end was never shown. Whoever holds it holds that one, so it ends first.
  InboxRow end = row;
  end.event.id += ":end";
  end.event.type = "organization_role.deleted";
  if (!t_.inbox.known.emplace(end.event.id, "role").second) return {};
  end.seq = ++t_.inbox.last_seq;
  end.event.shown = Observation{};
  end.event.shown->incarnation = observed->second.incarnation;
  end.event.shown->created_at = observed->second.incarnation_created_at;
  end.event.shown->updated_at = made;
  give(*live, end);
  return {};
}

// What a POST of ours made belongs to the role that it was made for.
bool MemoryDatabase::made_by(const Subject& subject, const InboxRow& row) const {
  return std::ranges::any_of(t_.sends, [&](const auto& entry) {
    const auto& send = entry.second;
    return send.subject == subject && send.operation == Operation::create && send.answer &&
           send.answer->incarnation == row.event.shown->incarnation;
  });
}

bool MemoryDatabase::may_be_made_by(const Subject& subject, const InboxRow& row) const {
  const auto& shown = *row.event.shown;
  return shown.value && std::ranges::any_of(t_.sends, [&](const auto& entry) {
           const auto& send = entry.second;
           return send.subject == subject && send.operation == Operation::create &&
                  send.state == SendState::open &&
                  shown.created_at < rfc3339(send.leased_at + settings_.send_window) &&
                  document_of("role.push", *send.value)->elements ==
                      document_of("role.push", *shown.value)->elements;
         });
}

// A removal of ours is on its way, and names the slug: no heir of its role is made before its end,
// so what has the slug until then is what goes.
const Subject* MemoryDatabase::former_of(const InboxRow& row) const {
  const Subject* oldest = nullptr;
  for (const auto& [subject, known] : t_.subjects) {
    if (known.object_key != row.object_key || known.kind != "role.remove") continue;
    const auto observed = t_.observed.find(subject);
    const bool seen = observed != t_.observed.end();
    if (row.event.type.ends_with(".deleted") && seen && observed->second.incarnation) continue;
    const auto removed = known.touched.find("*");
    const bool goes =
        removed != known.touched.end() && !(seen && removed->second <= observed->second.echoed);
    if (!goes && !may_be_made_by(subject, row)) continue;
    if (oldest == nullptr || known.born < t_.subjects.at(*oldest).born) oldest = &subject;
  }
  return oldest;
}

// The slug has no role here, or one that ended.
RouteOfEvent MemoryDatabase::without_live_role(const InboxRow& row) {
  bool is_dead = false;
  for (const auto& [subject, known] : t_.subjects) {
    if (known.object_key != row.object_key) continue;
    const auto observed = t_.observed.find(subject);
    is_dead |= observed != t_.observed.end() &&
               observed->second.dead_incarnation_at >= row.event.shown->created_at;
  }
  if (is_dead) return nobodys("stale_incarnation");
  if (!row.event.name.starts_with("org-") || !on_role_entered) return nobodys("unknown_role");
  const auto subject = on_role_entered(row.event);
  auto& entered = t_.subjects[subject];
  entered.organization = OrganizationId{row.event.organization};
  entered.object_key = row.object_key;
  entered.version = Version{1};
  entered.kind = "role.push";
  entered.desired = row.event.shown->value.value_or(JsonText{});
  entered.born = OutboxId{++last_outbox_};
  entered.made_at = now();
  return to(subject);
}

RouteOfEvent MemoryDatabase::route_of_permissions(const InboxRow& row) const {
  // Which role it is shows once the event was applied to that.
  const auto same_event = [&](const InboxRow& other) {
    return other.event.id == row.event.id && other.event.family == "role";
  };
  if (std::ranges::any_of(t_.inbox.unrouted, same_event)) return {};
  for (const auto& [subject, rows] : t_.inbox.waiting)
    if (std::ranges::any_of(rows, same_event)) return {};
  const auto role_key = "role" + row.object_key.substr(row.object_key.find(':'));
  const bool is_live = std::ranges::any_of(t_.subjects, [&](const auto& known) {
    if (known.second.object_key != role_key || known.second.kind == "role.remove") return false;
    const auto observed = t_.observed.find(known.first);
    return observed != t_.observed.end() &&
           observed->second.incarnation == row.event.shown->incarnation;
  });
  if (!is_live) return nobodys("stale_incarnation");
  for (const auto& [subject, known] : t_.subjects)
    if (known.object_key == row.object_key && !role_ended(subject)) return to(subject);
  return nobodys("unmanaged");
}

// What was applied leaves the inbox; the next event of its slug may be another role's.
void MemoryDatabase::apply_events(const Subject& subject, const Reduction& r, Reduced& told) {
  if (r.applied.empty()) return;
  const auto at = t_.inbox.waiting.find(subject);
  if (at == t_.inbox.waiting.end()) return;
  std::erase_if(at->second, [&](const InboxRow& row) {
    const auto applied = r.applied.find(row.event.id);
    if (applied == r.applied.end()) return false;
    told.events.emplace_back(row.event.type, applied->second);
    return true;
  });
  if (at->second.empty())
    t_.inbox.waiting.erase(at);
  else
    t_.observed.at(subject).reduce_due_at = now();
  if (subject.text().starts_with("role")) route_roles();
}

}  // namespace rolecall::sim
