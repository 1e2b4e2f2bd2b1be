#include "workflows/own_writes.hpp"

#include <algorithm>

#include "workflows/observe.hpp"
#include "workflows/timestamps.hpp"

namespace rolecall {
namespace {

bool within_window(const Picture& picture, const PastSend& send, const Sighting& sighting) {
  const auto updated_at = wall_time_of(sighting.shown.updated_at);
  return updated_at && *updated_at >= send.leased_at - kClockSkew &&
         *updated_at <= window_end(picture, send);
}

bool says(const Picture& picture, const PastSend& send, const State& value) {
  return send.value == value || is_said_in_part(picture, send, value);
}

// A membership is addressed by an id that is never given twice, a role by its slug: whichever role
// bears it by then.
bool may_address(const Picture& picture, const PastSend& send,
                 const std::optional<std::string>& incarnation) {
  return picture.object.family != Family::member || send.incarnation == incarnation;
}

bool explains(const Picture& picture, const PastSend& send, const Sighting& sighting) {
  if (send.state != SendState::open) return false;
  const bool known = picture.incarnation == sighting.shown.incarnation;
  const bool says_it = says(picture, send, sighting.value);
  switch (send.operation) {
    case Operation::remove:
      return !sighting.value && picture.incarnation.has_value() &&
             may_address(picture, send, picture.incarnation) &&
             sighting.begun_at + (sighting.is_event() ? kClockSkew : Millis{0}) >= send.leased_at;
    case Operation::create:
      // A POST makes a new thing, or reactivates the one that is there; what it leaves is active.
      return sighting.value && sighting.shown.status != "inactive" &&
             (!known || picture.seen_status == "inactive") && says_it &&
             within_window(picture, send, sighting);
    case Operation::put:
      return sighting.value && may_address(picture, send, sighting.shown.incarnation) && says_it &&
             within_window(picture, send, sighting);
  }
  return false;
}

// The very thing that was seen before is no news, so no write needs to explain it.
bool is_news(const Picture& picture, const Sighting& sighting) {
  return picture.incarnation != sighting.shown.incarnation || picture.seen != sighting.value ||
         is_earlier(picture.seen_at, sighting.shown.updated_at);
}

}  // namespace

OwnWrite find_own_write(Picture& picture, const Sighting& sighting) {
  if (!is_news(picture, sighting)) return {};
  OwnWrite own;
  for (PastSend& send : picture.sends) {
    if (!explains(picture, send, sighting)) continue;
    const bool whole = send.value == sighting.value;
    own.certain = own.send == nullptr && whole;
    // Who said just this comes before who may have said it in part.
    const bool was_whole = own.send != nullptr && own.send->value == sighting.value;
    if (own.send == nullptr || (whole && !was_whole) ||
        (whole == was_whole && send.version < own.send->version))
      own.send = &send;
  }
  return own;
}

bool is_said_in_part(const Picture& picture, const PastSend& send, const State& value) {
  if (picture.object.family != Family::member || !send.value || !value) return false;
  if (!picture.lane || picture.lane->delivered >= send.version) return false;
  const Elements only_default{{picture.default_role, std::string()}};
  const bool subset = std::ranges::includes(*send.value, *value);
  if (!subset && *value != only_default) return false;
  // A role that has been seen is there; leaving it out is somebody else's doing.
  return std::ranges::none_of(*send.value, [&](const auto& role) {
    return !value->contains(role.first) && picture.seen && picture.seen->contains(role.first);
  });
}

bool may_still_land(const Picture& picture, const PastSend& send, WallTime at) {
  if (send.state != SendState::open || at >= window_end(picture, send)) return false;
  return send.operation == Operation::create || may_address(picture, send, picture.incarnation);
}

WallTime window_end(const Picture& picture, const PastSend& send) {
  return send.leased_at + picture.send_window;
}

}  // namespace rolecall
