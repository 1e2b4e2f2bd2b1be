#include "workflows/echoes.hpp"

#include <algorithm>

#include "workflows/own_writes.hpp"
#include "workflows/timestamps.hpp"

namespace rolecall {
namespace {

bool same_time(const std::string& a, const std::string& b) {
  return !is_earlier(a, b) && !is_earlier(b, a);
}

template <class Echoed>
void take_echoes(Picture& picture, Echoed echoed) {
  std::erase_if(picture.sends, [&](const PastSend& send) {
    if (send.state != SendState::answered || !echoed(send)) return false;
    picture.echoed = std::max(picture.echoed, send.version);
    picture.echoed_sends.push_back(send.id);
    return true;
  });
}

// A role is deleted by its slug, whichever it is by then: what a person ended, our DELETE did not,
// and it may have ended the next one.
bool may_end(const Picture& picture, const PastSend& send, const Sighting& sighting) {
  if (picture.object.family != Family::member)
    return send.found_nothing() || !sighting.is_by_person();
  return !sighting.shown.incarnation || send.incarnation == sighting.shown.incarnation;
}

bool is_answered_by(const Picture& picture, const PastSend& send, const Sighting& sighting) {
  if (send.state != SendState::answered) return false;
  if (send.operation == Operation::remove)
    return !sighting.value && may_end(picture, send, sighting);
  return sighting.value && same_time(send.answered.updated_at, sighting.shown.updated_at) &&
         (send.answer == sighting.value || send.value == sighting.value);
}

}  // namespace

void take_silent_echoes(Picture& picture) {
  if (!picture.events_on) return;
  take_echoes(picture, [&](const PastSend& send) {
    if (send.operation == Operation::remove) return false;
    return picture.seen && send.answer == picture.seen &&
           !is_earlier(picture.seen_at, send.answered.updated_at);
  });
}

void take_echoes_before(Picture& picture, const Sighting& sighting) {
  const auto now = wall_time_of(sighting.shown.updated_at);
  if (!now) return;
  take_echoes(picture, [&](const PastSend& send) {
    const auto then = wall_time_of(send.answered.updated_at);
    return then && *then + kClockSkew < *now;
  });
}

// The event of what our POST made was before the stream was switched on.
void take_creation_before(Picture& picture, const Sighting& sighting) {
  const auto& shown = sighting.shown;
  if (!shown.incarnation || picture.incarnation == shown.incarnation) return;
  const auto found = std::ranges::find_if(picture.sends, [&](const PastSend& send) {
    return send.state == SendState::answered && send.operation == Operation::create &&
           send.answered.incarnation == shown.incarnation &&
           is_earlier(send.answered.updated_at, shown.updated_at);
  });
  if (found == picture.sends.end() || is_dead(picture, sighting) || is_replaced(picture, sighting))
    return;
  const PastSend send = *found;
  const bool part = send.value != send.answer && is_said_in_part(picture, send, send.answer);
  if (send.value != send.answer && !part) return;
  picture.sends.erase(found);
  picture.echoed_sends.push_back(send.id);
  if (!part) picture.echoed = std::max(picture.echoed, send.version);
  see(picture, {send, {}, send.answered, send.answer});
}

std::optional<Verdict> row_echo_of_answered(Picture& picture, const Sighting& sighting) {
  // Of two DELETEs the one that found nothing is not the one that was applied.
  const auto explains = [&](bool found_nothing) {
    return std::ranges::find_if(picture.sends, [&](const PastSend& send) {
      return send.found_nothing() == found_nothing && is_answered_by(picture, send, sighting);
    });
  };
  auto found = explains(false);
  if (found == picture.sends.end()) found = explains(true);
  if (found == picture.sends.end()) return std::nullopt;
  const PastSend send = *found;
  const bool late = send.version < picture.echoed;
  const bool part = send.value != sighting.value && is_said_in_part(picture, send, sighting.value);
  picture.sends.erase(found);
  picture.echoed_sends.push_back(send.id);
  // Somebody else ended it; our removal still stands against whoever joined before it.
  if (send.found_nothing()) return std::nullopt;
  if (!part) picture.echoed = std::max(picture.echoed, send.version);
  // Answered with something else than was said: somebody else's wish, from here on.
  if (send.value != sighting.value && !part) return std::nullopt;
  see(picture, sighting);
  if (part) return Verdict::echo_of_part;
  return late ? Verdict::late_write : Verdict::echo;
}

std::optional<Verdict> end_of_another(Picture& picture, const Sighting& sighting) {
  const bool ours = picture.incarnation == sighting.shown.incarnation ||
                    (picture.incarnation &&
                     is_earlier(picture.incarnation_created_at, sighting.shown.created_at));
  if (ours) return std::nullopt;
  picture.dead_incarnation_at = later_of(picture.dead_incarnation_at, sighting.shown.created_at);
  // A read that was begun before that still shows it.
  if (!picture.incarnation) picture.seen_at = later_of(picture.seen_at, sighting.shown.updated_at);
  close_what_it_explains(picture, sighting);
  return Verdict::stale_incarnation;
}

void close_what_it_explains(Picture& picture, const Sighting& sighting) {
  const auto over = std::ranges::find_if(picture.sends, [&](const PastSend& send) {
    if (is_answered_by(picture, send, sighting)) return true;
    if (send.state != SendState::open || send.value != sighting.value) return false;
    return send.operation == Operation::create || may_end(picture, send, sighting);
  });
  if (over == picture.sends.end()) return;
  picture.echoed_sends.push_back(over->id);
  picture.sends.erase(over);
}

}  // namespace rolecall
