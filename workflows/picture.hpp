// picture.hpp -- a subject's facts, read once: what the decision table looks at and changes.
// Owns:    its text.
// Thread:  values; share freely.
// Fails:   Result<T>: rejected / invalid_intent for a desired state, bug for a stored one.
// Never:   decides.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outbox/core/facts.hpp"
#include "workflows/intent.hpp"

namespace rolecall {

// The status in the answer to a DELETE that found nothing any more: it was not this one that ended
// what was there.
inline constexpr std::string_view kGoneBefore = "gone_before";

struct PastSend {
  SendId id{};
  Version version{};
  Operation operation = Operation::put;
  std::optional<std::string> incarnation{};
  State value{};  // none: a delete
  SendState state = SendState::open;
  WallTime leased_at{};
  Observation answered{};    // state answered: what the answer showed
  State answer{};            // and its value
  std::string matched_at{};  // matched just now: updated_at of what it explains

  // A DELETE, and it was gone before.
  bool found_nothing() const { return answered.status == kGoneBefore; }
};

// Something that WorkOS showed: an answer to a send of ours, a read, or an event.
struct Sighting {
  std::optional<PastSend> answers{};
  WallTime begun_at{};  // reads: when it began, on the database's clock; events: when it happened
  Observation shown{};
  State value{};
  std::string event{};  // its id
  std::string actor{};  // events: who did it, as far as WorkOS says

  bool is_event() const { return !event.empty(); }
  bool is_read() const { return !answers && event.empty(); }
  // In the dashboard our key writes nothing.
  bool is_by_person() const { return actor == "dashboard" || actor == "admin_portal"; }
};

struct Picture {
  ObjectName object{};
  Version version{};
  bool multiple_roles = true;
  std::string default_role{};
  Millis visibility{0};
  Millis send_window{0};
  bool events_on = false;
  WallTime now{};
  std::optional<WallTime> made_at{};    // the newest version
  std::optional<WallTime> pulled_at{};  // the stream was read to its end by a pull begun then
  std::optional<LaneFact> lane{};
  std::vector<std::string> unready{};  // slugs that mean no role yet, or still one that ended
  std::vector<std::string> ended{};    // roles removed here: whoever is given one there loses it

  State desired{};
  bool desired_changed = false;
  std::map<std::string, Version> touched{};
  Version echoed{};

  std::optional<std::string> incarnation{};
  std::string incarnation_created_at{};
  std::string dead_incarnation_at{};
  bool looked = false;
  State seen{};
  std::string seen_at{};
  std::string absent_since{};  // when a read began that did not find what is in `seen`
  std::string seen_status{};
  std::string seen_source{};
  bool directory_managed = false;
  std::vector<PastSend> sends{};       // oldest first; answered ones too until they are absorbed
  std::vector<SendId> echoed_sends{};  // answered ones whose echo the stream has shown
};

Result<Picture> picture_of(const SubjectFacts& facts);

// The sightings that were not reduced yet, in the order in which WorkOS applied them: events as
// they came or, without them, answers by updated_at, then id; the read last.
Result<std::vector<Sighting>> sightings_in(const SubjectFacts& facts, const Picture& picture);

// With events on, a read is compared only once a pull that began `visibility` after it was applied.
bool read_waits(const SubjectFacts& facts);

// Is the newest local change of this element not known to have been applied? A local add stands for
// all its elements.
bool is_unechoed(const Picture& picture, const std::string& element);
bool has_unechoed_change(const Picture& picture);
bool has_unechoed_add(const Picture& picture);
bool has_unechoed_removal(const Picture& picture);

// With events on: was a write of ours answered that the stream has not shown yet?
bool awaits_echo(const Picture& picture);

// Does what was seen agree with what is desired, and nothing of ours is still to be shown?
bool agrees(const Picture& picture);

// The content that the lane would say now; none: it says nothing that can be read.
std::optional<State> lane_content(const Picture& picture);

}  // namespace rolecall
