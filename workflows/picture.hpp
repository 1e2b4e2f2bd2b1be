// picture.hpp -- a subject's facts, read once: what the decision table looks at and changes.
// Owns:    its text.
// Thread:  values; share freely.
// Fails:   Result<T>: rejected / invalid_intent for a desired state, bug for a stored one.
// Never:   decides.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "outbox/core/facts.hpp"
#include "workflows/intent.hpp"

namespace rolecall {

struct PastSend {
  SendId id{};
  Version version{};
  Operation operation = Operation::put;
  std::optional<std::string> incarnation{};
  State value{};  // none: a delete
  SendState state = SendState::open;
  WallTime leased_at{};
};

// Something that WorkOS showed: an answer to a send of ours, or a read.
struct Sighting {
  std::optional<PastSend> answers{};  // none: a read
  WallTime begun_at{};                // reads: when it began, on the database's clock
  Observation shown{};
  State value{};
};

struct Picture {
  ObjectName object{};
  Version version{};
  bool multiple_roles = true;
  std::string default_role{};
  Millis visibility{0};
  Millis send_window{0};
  WallTime now{};
  std::optional<LaneFact> lane{};
  std::vector<std::string> unready{};  // slugs that still mean a role that ended

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
  std::vector<PastSend> sends{};  // oldest first; answered ones too until they are absorbed
};

Result<Picture> picture_of(const SubjectFacts& facts);

// The sightings that were not reduced yet, in the order in which WorkOS applied them: answers by
// updated_at, then id; the read last.
Result<std::vector<Sighting>> sightings_in(const SubjectFacts& facts, const Picture& picture);

// Is the newest local change of this element not known to have been applied? A local add stands for
// all its elements.
bool is_unechoed(const Picture& picture, const std::string& element);
bool has_unechoed_change(const Picture& picture);
bool has_unechoed_add(const Picture& picture);
bool has_unechoed_removal(const Picture& picture);

// Does what was seen agree with what is desired?
bool agrees(const Picture& picture);

// The content that the lane would say now; none: it says nothing that can be read.
std::optional<State> lane_content(const Picture& picture);

}  // namespace rolecall
