#include "workflows/observe.hpp"

#include <algorithm>

#include "workflows/echoes.hpp"
#include "workflows/own_writes.hpp"
#include "workflows/timestamps.hpp"

namespace rolecall {
namespace {

bool same_incarnation(const Picture& picture, const Sighting& sighting) {
  return picture.incarnation == sighting.shown.incarnation;
}

// A read begun less than `visibility` after our newest knowledge may not show it. Later ones do.
bool is_early(const Picture& picture, const Sighting& sighting) {
  if (!sighting.is_read()) return false;
  const auto seen_at = wall_time_of(picture.seen_at);
  if (seen_at && sighting.begun_at < *seen_at + picture.visibility) return true;
  return std::ranges::any_of(picture.sends, [&](const PastSend& send) {
    return send.operation == Operation::remove && send.state == SendState::answered &&
           sighting.begun_at < send.leased_at + picture.visibility;
  });
}

// A role that was made again is another subject's; with the stream on, its event says whose.
bool is_heir(const Picture& picture, const Sighting& sighting) {
  return picture.events_on && sighting.is_read() && picture.object.family == Family::role &&
         !picture.incarnation && !picture.dead_incarnation_at.empty() && !picture.desired;
}

void bury(Picture& picture) {
  picture.dead_incarnation_at =
      later_of(picture.dead_incarnation_at, picture.incarnation_created_at);
  picture.incarnation = std::nullopt;
  picture.incarnation_created_at.clear();
}

void bind(Picture& picture, const Sighting& sighting) {
  if (picture.incarnation && !same_incarnation(picture, sighting)) bury(picture);
  picture.incarnation = sighting.shown.incarnation;
  picture.incarnation_created_at = sighting.shown.created_at;
}

}  // namespace

bool is_dead(const Picture& picture, const Sighting& sighting) {
  return !picture.dead_incarnation_at.empty() &&
         !is_earlier(picture.dead_incarnation_at, sighting.shown.created_at);
}

bool is_replaced(const Picture& picture, const Sighting& sighting) {
  return picture.incarnation &&
         is_earlier(sighting.shown.created_at, picture.incarnation_created_at);
}

// `seen` := the sighting, but with this value.
void see(Picture& picture, const Sighting& sighting, State value) {
  if (value)
    bind(picture, sighting);
  else if (picture.incarnation)
    bury(picture);
  picture.seen = std::move(value);
  picture.absent_since.clear();
  picture.seen_at = later_of(picture.seen_at, sighting.shown.updated_at);
  if (picture.seen && !sighting.shown.updated_at.empty())
    picture.seen_at = sighting.shown.updated_at;
  picture.seen_status = sighting.shown.status;
  picture.seen_source = sighting.is_read() ? "read" : sighting.is_event() ? "event" : "answer";
  picture.directory_managed = sighting.shown.directory_managed;
}

void see(Picture& picture, const Sighting& sighting) {
  see(picture, sighting, sighting.value);
}

namespace {

void desire(Picture& picture, State desired) {
  if (picture.desired == desired) return;
  picture.desired = std::move(desired);
  picture.desired_changed = true;
}

// Nobody is given a role that was removed here; its removal could not end.
State without_ended(const Picture& picture, State theirs) {
  if (!theirs || picture.object.family != Family::member) return theirs;
  for (const std::string& slug : picture.ended)
    if (!picture.desired || !picture.desired->contains(slug)) theirs->erase(slug);
  if (theirs->empty()) theirs->emplace(picture.default_role, std::string());
  return theirs;
}

// The whole state is theirs now; local changes of what was there before end with it.
void surrender(Picture& picture, State theirs) {
  desire(picture, std::move(theirs));
  picture.touched.clear();
}

// Nothing was ever seen of this subject: there is no common base to compare with.
bool is_first_sight(const Picture& picture) {
  return !picture.incarnation && !picture.seen && picture.dead_incarnation_at.empty();
}

// Ours where the local change was not echoed, theirs elsewhere.
Elements merge(const Picture& picture, const Elements& ours, const Elements& theirs) {
  const Elements& base = *picture.seen;
  Elements merged = ours;
  Elements every = base;
  every.insert(theirs.begin(), theirs.end());
  for (const auto& [element, unused] : every) {
    const auto before = base.find(element);
    const auto after = theirs.find(element);
    const bool changed = (before == base.end()) != (after == theirs.end()) ||
                         (after != theirs.end() && before->second != after->second);
    if (!changed || is_unechoed(picture, element)) continue;
    if (after == theirs.end())
      merged.erase(element);
    else
      merged[element] = after->second;
  }
  return merged;
}

void match(PastSend& send, const Sighting& sighting) {
  send.state = SendState::matched;
  const std::string& at = sighting.shown.updated_at;
  send.matched_at = at.empty() ? text_of(sighting.begun_at) : at;
}

// A role's event comes with each write to its permissions, too: where it shows nothing new of the
// role, what we said of it before may be still on its way.
bool may_be_of_permissions(const Picture& picture, const PastSend& send, const Sighting& sighting) {
  return picture.object.family == Family::role && sighting.is_event() &&
         send.version <= picture.echoed && same_incarnation(picture, sighting) &&
         picture.seen == sighting.value;
}

// One role per member: the set changes hands whole.
bool is_register(const Picture& picture) {
  return picture.object.family == Family::member && !picture.multiple_roles;
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::stale_incarnation:
      return "stale_incarnation";
    case Verdict::older_than_seen:
      return "older_than_seen";
    case Verdict::echo:
      return "echo";
    case Verdict::echo_differs:
      return "echo_differs";
    case Verdict::echo_of_part:
      return "echo_of_part";
    case Verdict::echo_in_doubt:
      return "echo_in_doubt";
    case Verdict::late_write:
      return "late_write";
    case Verdict::unchanged:
      return "unchanged";
    case Verdict::absent_once:
      return "absent_once";
    case Verdict::external_remove:
      return "external_remove";
    case Verdict::overruled:
      return "overruled";
    case Verdict::merged:
      return "merged";
    case Verdict::external_join:
      return "external_join";
    case Verdict::adopted:
      return "adopted";
  }
  return {};
}

Verdict observe(Picture& picture, const Sighting& sighting) {
  picture.looked = true;
  if (picture.events_on) {
    take_creation_before(picture, sighting);
    take_echoes_before(picture, sighting);
  }
  for (const Row row : kRows)
    if (const auto verdict = row(picture, sighting)) return *verdict;
  return Verdict::unchanged;
}

std::optional<Verdict> row_stale_incarnation(Picture& picture, const Sighting& sighting) {
  if (sighting.is_event() && !sighting.value) return end_of_another(picture, sighting);
  if (!sighting.value || same_incarnation(picture, sighting)) return std::nullopt;
  if (is_heir(picture, sighting)) return Verdict::stale_incarnation;
  if (!is_dead(picture, sighting) && !is_replaced(picture, sighting)) return std::nullopt;
  // What a read shows long enough after our newest knowledge is there, whatever we believed.
  if (sighting.is_read() && !is_early(picture, sighting)) return std::nullopt;
  if (sighting.is_event()) close_what_it_explains(picture, sighting);
  return Verdict::stale_incarnation;
}

std::optional<Verdict> row_older_than_seen(Picture& picture, const Sighting& sighting) {
  if (sighting.is_event()) {
    // Among themselves events are in order; a read may have been ahead of them, and so is an answer
    // of the time before the stream was switched on.
    const bool overtaken = picture.seen_source != "event" && sighting.value &&
                           is_earlier(sighting.shown.updated_at, picture.seen_at);
    return overtaken ? std::optional(Verdict::older_than_seen) : std::nullopt;
  }
  if (sighting.is_read()) {
    const bool overtaken = sighting.value
                               ? same_incarnation(picture, sighting) &&
                                     is_earlier(sighting.shown.updated_at, picture.seen_at)
                               : picture.incarnation.has_value();
    if (overtaken && is_early(picture, sighting)) return Verdict::older_than_seen;
    return std::nullopt;
  }
  if (!sighting.value || !same_incarnation(picture, sighting)) return std::nullopt;
  const PastSend& send = *sighting.answers;
  const bool tie = !is_earlier(picture.seen_at, sighting.shown.updated_at);
  const bool older = is_earlier(sighting.shown.updated_at, picture.seen_at);
  // Two writes within one millisecond: the older version is not believed to be the last.
  if (!older && !(tie && send.version < picture.echoed && sighting.value != picture.seen))
    return std::nullopt;
  picture.echoed = std::max(picture.echoed, send.version);
  return Verdict::older_than_seen;
}

std::optional<Verdict> row_echo(Picture& picture, const Sighting& sighting) {
  if (picture.events_on) return row_echo_of_answered(picture, sighting);
  if (sighting.is_read()) return std::nullopt;
  const PastSend& send = *sighting.answers;
  const bool late = send.version < picture.echoed;
  if (!sighting.value) {
    picture.echoed = std::max(picture.echoed, send.version);
    // By its slug a role is deleted whichever it is by then; by its id a membership is not.
    const bool of_another = picture.object.family == Family::member && send.incarnation &&
                            picture.incarnation && send.incarnation != picture.incarnation;
    if (of_another) return Verdict::stale_incarnation;
    see(picture, sighting);
    return late && picture.desired ? Verdict::late_write : Verdict::echo;
  }
  if (sighting.value != send.value && is_said_in_part(picture, send, sighting.value)) {
    see(picture, sighting);
    return Verdict::echo_of_part;
  }
  // An answer that differs from what was said may have been written before it: not adopted, not
  // fought. It counts as applied, and the read that follows is compared with what was said.
  const bool differs = sighting.value != send.value;
  see(picture, sighting, send.value);
  picture.echoed = std::max(picture.echoed, send.version);
  if (differs) return Verdict::echo_differs;
  return late ? Verdict::late_write : Verdict::echo;
}

std::optional<Verdict> row_own_write_in_doubt(Picture& picture, const Sighting& sighting) {
  if (sighting.answers || sighting.is_by_person()) return std::nullopt;
  const OwnWrite own = find_own_write(picture, sighting);
  if (own.send == nullptr || may_be_of_permissions(picture, *own.send, sighting))
    return std::nullopt;
  const bool late = own.send->version <= picture.echoed;
  const bool whole = own.send->value == sighting.value;
  // Where several sends, or a part of one, explain a read, each may still be on its way. Each write
  // has an event of its own.
  if (own.certain || sighting.is_event()) match(*own.send, sighting);
  if (whole) picture.echoed = std::max(picture.echoed, own.send->version);
  see(picture, sighting);
  return late ? Verdict::late_write : Verdict::echo_in_doubt;
}

std::optional<Verdict> row_unchanged(Picture& picture, const Sighting& sighting) {
  if (!same_incarnation(picture, sighting) || picture.seen != sighting.value) return std::nullopt;
  see(picture, sighting);
  return Verdict::unchanged;
}

// What one read did not find may be there all the same (a node that lags, a key of another
// environment): only a second one, `visibility` later, takes anything away.
std::optional<Verdict> row_gone(Picture& picture, const Sighting& sighting) {
  if (sighting.value) return std::nullopt;
  const auto since = wall_time_of(picture.absent_since);
  const bool twice = since && sighting.begun_at >= *since + picture.visibility;
  if (sighting.is_read() && !has_unechoed_add(picture) && !twice) {
    if (!since) picture.absent_since = text_of(sighting.begun_at);
    return Verdict::absent_once;
  }
  // A local add that is still to be said creates it anew; everything else goes with it.
  const bool keeps = picture.object.family == Family::permissions || has_unechoed_add(picture);
  see(picture, sighting);
  // A local removal stands until it was said or seen: whoever joins meanwhile goes, too.
  if (!keeps && picture.desired) surrender(picture, std::nullopt);
  return Verdict::external_remove;
}

std::optional<Verdict> row_join_against_removal(Picture& picture, const Sighting& sighting) {
  if (same_incarnation(picture, sighting) || picture.desired) return std::nullopt;
  // Also where our removal was answered: ids are never given twice, so it was not removed.
  if (!has_unechoed_removal(picture) && !is_dead(picture, sighting)) return std::nullopt;
  see(picture, sighting);
  return Verdict::overruled;
}

std::optional<Verdict> row_join_beside_add(Picture& picture, const Sighting& sighting) {
  if (same_incarnation(picture, sighting) || !picture.desired) return std::nullopt;
  const bool first = is_first_sight(picture) && has_unechoed_change(picture);
  if (!has_unechoed_add(picture) && !first) return std::nullopt;
  see(picture, sighting);
  return Verdict::merged;
}

std::optional<Verdict> row_external_join(Picture& picture, const Sighting& sighting) {
  if (same_incarnation(picture, sighting)) return std::nullopt;
  see(picture, sighting);
  surrender(picture, without_ended(picture, sighting.value));
  return Verdict::external_join;
}

std::optional<Verdict> row_external_edit(Picture& picture, const Sighting& sighting) {
  const State before = picture.desired;
  State next = before;
  if (before && picture.seen && is_register(picture)) {
    if (!has_unechoed_change(picture)) next = sighting.value;
  } else if (before && picture.seen) {
    next = merge(picture, *before, *sighting.value);
    if (next->empty() && picture.object.family == Family::member)
      next->emplace(picture.default_role, std::string());
  }
  next = without_ended(picture, std::move(next));
  see(picture, sighting);
  desire(picture, next);
  if (next == sighting.value) return Verdict::adopted;
  return next == before ? Verdict::overruled : Verdict::merged;
}

}  // namespace rolecall
