#include "workflows/level_rule.hpp"

#include <algorithm>

#include "workflows/own_writes.hpp"

namespace rolecall {
namespace {

constexpr int kLooksBeforeCreate = 2;

bool lane_is(const Picture& picture, LaneState state) {
  return picture.lane && picture.lane->state == state;
}

bool is_stopped(const Picture& picture) {
  return lane_is(picture, LaneState::held) || lane_is(picture, LaneState::dead);
}

// The create that may still be applied, the newest of them.
const PastSend* create_in_doubt(const Picture& picture, WallTime at) {
  const PastSend* newest = nullptr;
  for (const PastSend& send : picture.sends)
    if (send.operation == Operation::create && may_still_land(picture, send, at)) newest = &send;
  return newest;
}

// A lane that waits for a look: is it over? With a create in doubt, only what two reads did not
// find, `visibility` apart, is not there.
void end_look(const Picture& picture, const Progress& progress, Reduction& reduction) {
  if (!progress.read_taken) {
    reduction.look_over = progress.fresh;
    return;
  }
  const PastSend* create = create_in_doubt(picture, progress.read_begun_at);
  const bool absent_in_doubt = create != nullptr && picture.desired && !picture.seen;
  if (!absent_in_doubt) {
    reduction.look_over = true;
    return;
  }
  if (progress.read_begun_at < create->leased_at + picture.visibility) return;
  reduction.looks_absent = picture.lane->looks_absent + 1;
  reduction.look_over = reduction.looks_absent >= kLooksBeforeCreate;
}

// The live or stopped lane's content is already there, or is not wanted any more: it ends.
void end_lane(Picture& picture, const Progress& progress, Reduction& reduction) {
  const bool replaced =
      progress.verdict == Verdict::external_remove || progress.verdict == Verdict::external_join;
  if (replaced && (picture.desired_changed || picture.object.family == Family::permissions))
    reduction.lane_cancelled = true;
  else
    reduction.lane_observed = true;
  // No echo will come: what was seen counts as the local change applied.
  if (shows_newest(picture, progress)) picture.echoed = std::max(picture.echoed, picture.version);
}

void add_next_row(Picture& picture, const Progress& progress, Reduction& reduction) {
  NextRow next;
  next.kind = kind_of(picture.object.family, picture.desired);
  next.desired =
      picture.desired ? document_of(picture.object, *picture.desired) : document_of(picture.object);
  next.priority = takes_access_away(picture) ? 0 : 2;
  next.reason = progress.verdict ? std::string(name_of(*progress.verdict)) : "differs";
  next.adopted = picture.desired_changed;
  reduction.next = std::move(next);
}

// Does the lane, as it stands, still lead to what is desired now?
bool lane_leads_there(const Picture& picture) {
  const auto content = lane_content(picture);
  return content && *content == picture.desired;
}

bool is_cancelled(const Picture& picture) {
  return picture.lane && picture.lane->cancelled && picture.lane->wanted == picture.version &&
         !picture.desired_changed;
}

}  // namespace

bool shows_newest(const Picture& picture, const Progress& progress) {
  if (!has_unechoed_change(picture) || !picture.made_at) return true;
  if (picture.events_on)
    return picture.pulled_at && *picture.pulled_at >= *picture.made_at + picture.visibility;
  return progress.read_taken && progress.read_begun_at >= *picture.made_at;
}

bool takes_access_away(const Picture& picture) {
  if (!picture.seen) return false;
  if (!picture.desired) return true;
  if (picture.object.family == Family::role) return false;
  return std::ranges::any_of(*picture.seen, [&](const auto& element) {
    return !picture.desired->contains(element.first);
  });
}

void apply_level_rule(const SubjectFacts& facts, Picture& picture, const Progress& progress,
                      Reduction& reduction) {
  const bool due = lane_is(picture, LaneState::due);
  if (picture.lane) reduction.looks_absent = picture.lane->looks_absent;
  const bool live = due || is_stopped(picture);
  if (agrees(picture)) {
    if (live && progress.fresh) end_lane(picture, progress, reduction);
    // A row that nobody has taken in yet says what was desired before: a newer one replaces it.
    if (facts.next_row && picture.desired_changed) add_next_row(picture, progress, reduction);
  } else if (picture.desired_changed) {
    add_next_row(picture, progress, reduction);
  } else if (!facts.next_row && !progress.awaits_read && picture.looked && !awaits_echo(picture)) {
    const bool said_by_lane =
        (live || lane_is(picture, LaneState::leased)) && lane_leads_there(picture);
    if (!said_by_lane && !is_cancelled(picture)) add_next_row(picture, progress, reduction);
  }
  const bool ended = reduction.lane_observed || reduction.lane_cancelled;
  if (live && picture.lane->looking && !ended) end_look(picture, progress, reduction);
}

}  // namespace rolecall
