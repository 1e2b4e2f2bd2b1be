#include "workflows/confirm.hpp"

#include <algorithm>

#include "workflows/own_writes.hpp"
#include "workflows/timestamps.hpp"

namespace rolecall {
namespace {

void verify(Reduction& reduction, Millis in, std::string_view reason) {
  reduction.verify_in = in;
  reduction.verify_reason = reason;
}

// A read begun after the last of our open sends can no longer be applied shows what stays. `since`
// is how far what we know reaches.
void verify_after_window(const Picture& picture, WallTime since, Reduction& reduction) {
  std::optional<WallTime> end;
  for (const PastSend& send : picture.sends)
    if (may_still_land(picture, send, since))
      end = std::max(end.value_or(WallTime::min()), window_end(picture, send));
  if (!end) return;
  const Millis left = std::chrono::ceil<Millis>(*end - picture.now);
  verify(reduction, std::max(left, Millis{0}), "late_window");
}

bool another_value_may_land(const Picture& picture, WallTime at) {
  return std::ranges::any_of(picture.sends, [&](const PastSend& send) {
    return send.value != picture.desired && may_still_land(picture, send, at);
  });
}

// A lane that waits for a look needs a read, or it would wait for ever.
void verify_for_look(const Picture& picture, Reduction& reduction) {
  const bool nothing_sent = std::ranges::none_of(
      picture.sends, [](const PastSend& send) { return send.state == SendState::open; });
  const bool at_once = !picture.looked && nothing_sent;
  verify(reduction, at_once ? Millis{0} : picture.visibility, "look");
}

// From the change until WorkOS had it, by WorkOS's clock; by ours where only a read missed what is
// gone. A microsecond where WorkOS had it before the change, or the clocks differ.
std::optional<std::chrono::microseconds> effective_after(const Picture& picture,
                                                         WallTime known_until) {
  if (picture.desired_changed || !picture.made_at) return std::nullopt;  // WorkOS's own change
  const bool told = picture.seen || picture.seen_source == "event";
  const auto shown = told ? wall_time_of(picture.seen_at) : std::nullopt;
  return std::max(std::chrono::microseconds{1}, shown.value_or(known_until) - *picture.made_at);
}

}  // namespace

void confirm(const SubjectFacts& facts, Picture& picture, const Progress& progress,
             Reduction& reduction) {
  const bool ended = reduction.lane_observed || reduction.lane_cancelled;
  const WallTime known_until = progress.read_taken ? progress.read_begun_at : picture.now;
  const bool live = picture.lane && picture.lane->state != LaneState::idle && !ended;
  if (live) {
    const LaneState state = picture.lane->state;
    if (state != LaneState::leased && picture.lane->looking && !reduction.look_over)
      verify_for_look(picture, reduction);
    else if (state == LaneState::held || state == LaneState::dead)
      verify_after_window(picture, known_until, reduction);
    return;
  }
  if (facts.next_row || reduction.next) return;
  if (progress.awaits_read) return verify(reduction, picture.visibility, "unbelieved");
  if (awaits_echo(picture)) return verify(reduction, picture.visibility, "echo");
  if (!picture.looked) return verify(reduction, Millis{0}, "never_looked");
  if (!agrees(picture)) return;
  const Version newest =
      picture.desired_changed ? Version(picture.version.number() + 1) : picture.version;
  // What is seen came from the stream, and nothing of ours is to be shown any more.
  const bool shown = picture.events_on && picture.seen_source != "answer";
  const bool known = shows_newest(picture, progress);
  const bool proved =
      known && (progress.read_taken || shown) && !another_value_may_land(picture, known_until);
  if (proved && facts.confirmed < newest) {
    reduction.confirmed = newest;
    reduction.effective_after = effective_after(picture, known_until);
  }
  if (proved) picture.echoed = std::max(picture.echoed, newest);
  if (proved || (known && progress.read_taken) || facts.confirmed >= newest)
    return verify_after_window(picture, known_until, reduction);
  verify(reduction, picture.visibility, "confirm");
}

}  // namespace rolecall
