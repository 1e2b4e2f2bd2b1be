// pictures.hpp -- a member as the decision table sees it, and what WorkOS may show of one.
// Owns:    its text.
// Thread:  one test.
// Fails:   never.
// Never:   decides anything that a test should state itself.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "workflows/observe.hpp"
#include "workflows/timestamps.hpp"

namespace rolecall::pictures {

inline const WallTime kNow = *wall_time_of("2026-03-01T12:00:00Z");
inline constexpr const char* kOld = "2026-01-01T00:00:00.000Z";
inline constexpr const char* kNew = "2026-02-01T00:00:00.000Z";

inline Elements roles(std::initializer_list<const char*> slugs) {
  Elements elements;
  for (const char* slug : slugs) elements.emplace(slug, "");
  return elements;
}

// A member with om_1 and role a, wished for and seen; version 5 was echoed.
inline Picture quiet_member() {
  Picture picture;
  picture.object = {Family::member, "org_1", "user_1"};
  picture.version = Version(5);
  picture.default_role = "member";
  picture.visibility = Millis{30'000};
  picture.send_window = Millis{900'000};
  picture.now = kNow;
  picture.desired = roles({"a"});
  picture.echoed = Version(5);
  picture.incarnation = "om_1";
  picture.incarnation_created_at = kOld;
  picture.looked = true;
  picture.seen = roles({"a"});
  picture.seen_at = kOld;
  picture.seen_status = "active";
  picture.seen_source = "answer";
  return picture;
}

// Version 6 wishes for this; its change of these elements was not echoed.
inline Picture wishing(State desired, const std::vector<const char*>& elements) {
  Picture picture = quiet_member();
  picture.version = Version(6);
  picture.desired = std::move(desired);
  for (const char* element : elements) picture.touched[element] = Version(6);
  return picture;
}

inline PastSend send(int id, int version, Operation operation, State value) {
  PastSend send;
  send.id = SendId(id);
  send.version = Version(version);
  send.operation = operation;
  if (operation != Operation::create) send.incarnation = "om_1";
  send.value = std::move(value);
  send.leased_at = kNow - Millis{60'000};
  return send;
}

inline Sighting read(State value, std::string updated_at, std::string incarnation = "om_1",
                     std::string created_at = kOld) {
  Sighting sighting;
  sighting.begun_at = kNow;
  if (value) {
    sighting.shown.incarnation = std::move(incarnation);
    sighting.shown.created_at = std::move(created_at);
    sighting.shown.updated_at = std::move(updated_at);
    sighting.shown.status = "active";
  }
  sighting.value = std::move(value);
  return sighting;
}

inline Sighting answer_to(PastSend sent, State value, std::string updated_at,
                          std::string incarnation = "om_1", std::string created_at = kOld) {
  Sighting sighting =
      read(std::move(value), std::move(updated_at), std::move(incarnation), std::move(created_at));
  sent.state = SendState::answered;
  sighting.answers = std::move(sent);
  return sighting;
}

inline std::string at(Millis after) {
  return text_of(kNow + after);
}

}  // namespace rolecall::pictures
