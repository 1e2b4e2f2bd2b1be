#include "workflows/reduce.hpp"

#include <fmt/format.h>

#include "workflows/confirm.hpp"
#include "workflows/echoes.hpp"
#include "workflows/level_rule.hpp"
#include "workflows/observe.hpp"
#include "workflows/own_writes.hpp"
#include "workflows/picture.hpp"
#include "workflows/timestamps.hpp"

namespace rolecall {
namespace {

bool is_ignored(Verdict verdict) {
  return verdict == Verdict::stale_incarnation || verdict == Verdict::older_than_seen ||
         verdict == Verdict::absent_once;
}

// Ordinary echoes and what changed nothing leave no trace; everything else is audited.
bool is_audited(Verdict verdict) {
  return verdict != Verdict::echo && verdict != Verdict::echo_of_part &&
         verdict != Verdict::unchanged;
}

AuditEntry audit_entry(Verdict verdict, const Picture& before, const Picture& after,
                       const Sighting& sighting) {
  std::string source = sighting.is_event() ? "event " + sighting.event : "a read";
  if (sighting.answers) {
    const PastSend& send = *sighting.answers;
    source =
        fmt::format("the answer to send {} of version {}", send.id.number(), send.version.number());
  }
  return {std::string(name_of(verdict)),
          fmt::format("{} showed {}{}{}; seen before {}; desired {} -> {}", source,
                      words_for(sighting.value), sighting.shown.updated_at.empty() ? "" : " at ",
                      sighting.shown.updated_at, words_for(before.seen), words_for(before.desired),
                      words_for(after.desired))};
}

void take_note(Verdict verdict, const Sighting& sighting, const Picture& picture,
               Progress& progress) {
  const bool read = sighting.is_read();
  if (is_ignored(verdict)) {
    if (sighting.is_event()) return;
    const bool disagrees = sighting.value != picture.seen && verdict == Verdict::older_than_seen;
    progress.awaits_read = progress.awaits_read || read || disagrees;
    return;
  }
  progress.fresh = true;
  progress.verdict = verdict;
  if (read) {
    progress.read_taken = true;
    progress.read_begun_at = sighting.begun_at;
    progress.awaits_read = false;
  } else if (verdict == Verdict::echo_differs) {
    progress.awaits_read = true;
  }
}

void observe_all(Picture& picture, const std::vector<Sighting>& sightings, Progress& progress,
                 Reduction& reduction) {
  for (const Sighting& sighting : sightings) {
    const Picture before = picture;
    const Verdict verdict = observe(picture, sighting);
    take_silent_echoes(picture);  // the next one may show something else already
    take_note(verdict, sighting, picture, progress);
    if (is_audited(verdict))
      reduction.audit.push_back(audit_entry(verdict, before, picture, sighting));
    if (sighting.answers) reduction.absorbed.push_back(sighting.answers->id);
    if (sighting.is_event()) reduction.applied.emplace(sighting.event, name_of(verdict));
  }
}

// What became of each send. Answered deletes stay until a read was taken (observe.cpp, is_early);
// with events on every answered one stays until its echo has come.
void close_sends(const Picture& picture, const Progress& progress, Reduction& reduction) {
  reduction.closed = picture.echoed_sends;
  for (const PastSend& send : picture.sends) {
    const bool aged = progress.read_taken && progress.read_begun_at >= window_end(picture, send);
    const bool answered = send.state == SendState::answered && !picture.events_on &&
                          (send.operation != Operation::remove || progress.read_taken);
    // It addresses a membership that is gone for ever.
    const bool harmless = send.state == SendState::open && progress.read_taken &&
                          !may_still_land(picture, send, send.leased_at);
    if (aged || answered || harmless)
      reduction.closed.push_back(send.id);
    else if (!send.matched_at.empty())
      reduction.matched[send.id] = send.matched_at;
  }
}

void write_observed(const Picture& picture, Reduction& reduction) {
  reduction.incarnation = picture.incarnation;
  reduction.incarnation_created_at = picture.incarnation_created_at;
  reduction.dead_incarnation_at = picture.dead_incarnation_at;
  reduction.echoed = picture.echoed;
  reduction.looked = picture.looked;
  if (picture.seen) reduction.seen = document_of(picture.object, *picture.seen);
  reduction.seen_at = picture.seen_at;
  reduction.absent_since = picture.absent_since;
  reduction.seen_status = picture.seen_status;
  reduction.seen_source = picture.seen_source;
  reduction.directory_managed = picture.directory_managed;
  for (const auto& [element, version] : picture.touched)
    if (version > picture.echoed) reduction.touched.emplace(element, version);
  if (!picture.desired_changed) return;
  reduction.adopted_kind = kind_of(picture.object.family, picture.desired);
  reduction.adopted_desired =
      picture.desired ? document_of(picture.object, *picture.desired) : document_of(picture.object);
}

// Permissions whose role is deleted: nothing is left to say, and what has their slug is another's.
Reduction end_with_role(const SubjectFacts& facts, const Picture& picture) {
  Reduction reduction;
  const bool live = picture.lane && picture.lane->state != LaneState::idle;
  reduction.lane_observed = live && picture.lane->state != LaneState::leased;
  if (!facts.next_row && facts.confirmed < picture.version) reduction.confirmed = picture.version;
  for (const PastSend& send : picture.sends) reduction.closed.push_back(send.id);
  // Events that waited would hold up those of the role that has the slug next.
  for (const EventFact& event : facts.events)
    reduction.applied.emplace(event.id, name_of(Verdict::stale_incarnation));
  write_observed(picture, reduction);
  return reduction;
}

}  // namespace

Result<Reduction> reduce(const SubjectFacts& facts) {
  auto picture = picture_of(facts);
  if (!picture) return picture.error();
  if (facts.role_ended) return end_with_role(facts, *picture);
  const auto sightings = sightings_in(facts, *picture);
  if (!sightings) return sightings.error();
  Reduction reduction;
  Progress progress;
  reduction.read_waits = read_waits(facts);
  take_silent_echoes(*picture);
  observe_all(*picture, *sightings, progress, reduction);
  take_silent_echoes(*picture);
  close_sends(*picture, progress, reduction);
  apply_level_rule(facts, *picture, progress, reduction);
  confirm(facts, *picture, progress, reduction);
  write_observed(*picture, reduction);
  return reduction;
}

}  // namespace rolecall
