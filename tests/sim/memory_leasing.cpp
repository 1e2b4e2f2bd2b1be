// The lease: which lanes are due, and what a worker is told of each.
#include <algorithm>

#include "tests/sim/document.hpp"
#include "tests/sim/memory_database.hpp"

namespace rolecall::sim {

// Down: one probe at its time, and the next one further ahead. Answers whether this caller has it.
bool MemoryDatabase::grant_one_probe(Millis first, Millis last) {
  auto& provider = t_.provider;
  if (provider.probe_at > now()) return false;
  const auto shift = std::min(++provider.probes, 16);
  provider.probe_at = now() + std::min(first * (1 << shift), last);
  return true;
}

// Sets the batch's provider mode, and the limit that follows from it.
bool MemoryDatabase::may_lease(LeaseBatch& batch, int& limit) {
  const auto& provider = t_.provider;
  batch.provider = provider.paused ? ProviderMode::paused : provider.mode;
  if (provider.paused) return false;
  if (provider.mode == ProviderMode::up) return true;
  batch.next_probe = std::max(Millis{0}, std::chrono::ceil<Millis>(provider.probe_at - now()));
  limit = std::min(limit, 1);
  return provider.probe_at <= now();
}

LeaseBatch MemoryDatabase::lease_due(const LeaseRequest& request, Places& places) {
  LeaseBatch batch;
  const auto session = t_.sessions.find(request.worker);
  if (session == t_.sessions.end() || session->second.retired_at) return batch;
  int limit = request.limit;
  if (!may_lease(batch, limit)) return batch;
  const auto chosen = choose_due(request, limit, places);
  if (chosen.empty()) return batch;
  if (t_.provider.mode != ProviderMode::up) {
    const bool key = t_.provider.mode == ProviderMode::unauthorised;
    grant_one_probe(key ? Millis{15'000} : Millis{1'000}, key ? Millis{60'000} : Millis{5'000});
    batch.provider = ProviderMode::probing;
    batch.next_probe = Millis{0};
  }
  for (const auto& subject : chosen) batch.leases.push_back(lease_one(subject, request));
  return batch;
}

// Revocations first; within a priority the organizations take turns.
std::vector<Subject> MemoryDatabase::choose_due(const LeaseRequest& request, int limit,
                                                Places& places) const {
  std::map<int, std::vector<std::pair<WallTime, Subject>>> due;
  for (const auto& [subject, lane] : t_.lanes)
    if (lane.state == LaneState::due && !lane.waits_on && !lane.look_after &&
        lane.next_attempt_at <= now() && !locked(subject) &&
        std::ranges::find(request.kinds, lane.kind) != request.kinds.end())
      due[lane.priority].emplace_back(lane.next_attempt_at, subject);
  std::vector<Subject> chosen;
  for (auto& [urgency, lanes] : due) {
    std::ranges::sort(lanes);
    std::vector<OrganizationId> whose;
    for (const auto& [at, subject] : lanes) whose.push_back(t_.lanes.at(subject).organization);
    const int room = limit - static_cast<int>(chosen.size());
    for (const auto i : in_turn(whose, room, places[urgency])) chosen.push_back(lanes[i].second);
  }
  return chosen;
}

// A membership that WorkOS suspended and that a local change adds anew is posted: POST reactivates.
Operation MemoryDatabase::operation_for(const Subject& subject, const LaneRow& lane) const {
  if (removes(lane.kind)) return Operation::remove;
  if (lane.kind == "role.permissions") return Operation::put;
  const auto observed = t_.observed.find(subject);
  if (observed == t_.observed.end() || !observed->second.incarnation) return Operation::create;
  const auto& touched = t_.subjects.at(subject).touched;
  const auto presence = touched.find("*");
  const bool added = presence != touched.end() && presence->second > observed->second.echoed;
  if (lane.kind == "member.push" && observed->second.seen_status == "inactive" && added)
    return Operation::create;
  return Operation::put;
}

// How long an open send may still write to the slug that this one would create. A role that had the
// slug before keeps it until its end is confirmed: no DELETE and no read can tell the two apart.
Millis MemoryDatabase::quarantine_left(const Subject& subject, const SendRow& send) const {
  if (send.operation != Operation::create || !send.object_key.starts_with("role:"))
    return Millis{0};
  const auto& self = t_.subjects.at(subject);
  const auto slug = send.names_slugs.front();
  Micros left{0};
  for (const auto& [id, other] : t_.sends) {
    if (other.state != SendState::open || other.subject == subject ||
        other.organization != send.organization)
      continue;
    const bool names = std::ranges::find(other.names_slugs, slug) != other.names_slugs.end();
    const bool deletes =
        other.operation == Operation::remove && other.object_key == send.object_key;
    if (!names && !deletes) continue;
    const auto lane = t_.lanes.find(other.subject);
    const bool under_way = lane != t_.lanes.end() && lane->second.state == LaneState::leased &&
                           lane->second.token == other.token;
    left = std::max<Micros>(
        left, under_way ? Millis{1'000} : other.leased_at + settings_.send_window - now());
  }
  for (const auto& [other, row] : t_.subjects)
    if (other != subject && row.object_key == send.object_key && row.born < self.born &&
        !is_confirmed(other))
      left = std::max<Micros>(left, settings_.visibility);
  return std::chrono::ceil<Millis>(left);
}

bool MemoryDatabase::is_confirmed(const Subject& subject) const {
  const auto observed = t_.observed.find(subject);
  return observed != t_.observed.end() &&
         observed->second.confirmed == t_.subjects.at(subject).version;
}

// Roles that a lane names although they are not at WorkOS yet: it is urgent, or it waited too long.
std::vector<std::string> MemoryDatabase::unready_slugs(const LaneRow& lane) const {
  std::vector<std::string> slugs;
  if (lane.kind == "role.push") return slugs;
  for (const auto& wait : lane.waits_for) {
    const Subject role{wait.subject};
    const auto blocker = t_.subjects.find(role);
    if (blocker == t_.subjects.end() || !blocker->second.kind.starts_with("role.") ||
        (lane.kind.starts_with("member.") && blocker->second.kind == "role.remove"))
      continue;
    const auto blocking = t_.lanes.find(role);
    const auto observed = t_.observed.find(role);
    const bool said =
        blocking != t_.lanes.end() && blocking->second.delivered.number() >= wait.version;
    const bool there = observed != t_.observed.end() && observed->second.incarnation;
    if (const auto document = document_of(blocker->second.kind, blocker->second.desired);
        document && !said && !there)
      slugs.push_back(document->name);
  }
  for (const auto& slug : unready_heirs(lane.kind, lane.desired))
    if (std::ranges::find(slugs, slug) == slugs.end()) slugs.push_back(slug);
  return slugs;
}

// Re-created roles that a member's state names and that are not at WorkOS yet: until the DELETE of
// its predecessor such a slug means the role that ended. Of permissions: their role.
std::vector<std::string> MemoryDatabase::unready_heirs(const std::string& kind,
                                                       const JsonText& desired) const {
  std::vector<std::string> slugs;
  const bool is_member = kind == "member.push";
  if (!is_member && kind != "role.permissions") return slugs;
  const auto document = document_of(kind, desired);
  if (!document) return slugs;
  for (const auto& [subject, row] : t_.subjects) {
    const auto role = row.kind == "role.push" ? document_of(row.kind, row.desired) : std::nullopt;
    if (!role || role->organization != document->organization ||
        !(is_member ? document->elements.contains(role->name) : role->name == document->name))
      continue;
    const bool inherits = std::ranges::any_of(t_.subjects, [&](const auto& other) {
      return other.second.object_key == row.object_key && other.second.born < row.born;
    });
    const auto observed = t_.observed.find(subject);
    const auto lane = t_.lanes.find(subject);
    const bool there = (observed != t_.observed.end() && observed->second.incarnation) ||
                       (lane != t_.lanes.end() && lane->second.delivered.number() > 0);
    if ((inherits || !is_member) && !there) slugs.push_back(role->name);
  }
  return slugs;
}

namespace {

// What of a member's roles can be said; the send records that, so that it is known again when it
// lands.
JsonText sayable(const Document& member, const std::vector<std::string>& unready,
                 const std::string& default_role) {
  std::set<std::string> roles;
  for (const auto& [slug, content] : member.elements)
    if (std::ranges::find(unready, slug) == unready.end()) roles.insert(slug);
  if (roles.empty()) roles.insert(default_role);
  return member_text(member.organization, member.name, roles);
}

}  // namespace

Lease MemoryDatabase::lease_one(const Subject& subject, const LeaseRequest& request) {
  auto& lane = t_.lanes.at(subject);
  const auto before = lane;
  lane.state = LaneState::leased;
  lane.leased_version = lane.wanted;
  lane.token = LeaseToken{++last_token_};
  lane.leased_by = request.worker;
  lane.lease_expires_at = now() + request.lease_time;
  ++lane.leases;

  auto& observed = observed_of(subject);
  SendRow send{subject, lane.organization, t_.subjects.at(subject).object_key, lane.wanted,
               lane.token};
  send.operation = operation_for(subject, lane);
  send.leased_at = now();
  if (send.operation != Operation::create) send.incarnation = observed.incarnation;
  if (send.operation != Operation::remove) send.value = lane.desired;
  const auto unready = unready_slugs(lane);
  if (const auto document = document_of(lane.kind, lane.desired)) {
    send.names_slugs = document->names_slugs();
    if (lane.kind == "member.push" && !unready.empty()) {
      send.value = sayable(*document, unready, settings_.default_role_slug);
      send.names_slugs = document_of(lane.kind, *send.value)->names_slugs();
    }
  }
  bool create_in_doubt = false;
  for (const auto& [id, older] : t_.sends)
    create_in_doubt |= older.subject == subject && older.state == SendState::open &&
                       older.operation == Operation::create;
  const SendId id{++last_send_};
  const auto& stored = t_.sends.emplace(id, std::move(send)).first->second;

  watcher_->leased(subject, before, lane);
  watcher_->changed(subject, lane);
  return Lease{subject,
               lane.organization,
               lane.kind,
               lane.wanted,
               lane.token,
               id,
               lane.wanted_id,
               lane.desired,
               stored.operation,
               observed.incarnation,
               observed.seen,
               observed.looked,
               create_in_doubt,
               unready,
               role_ended(subject),
               quarantine_left(subject, stored),
               lane.attempts,
               lane.leases,
               lane.priority,
               lane.delivered};
}

}  // namespace rolecall::sim
