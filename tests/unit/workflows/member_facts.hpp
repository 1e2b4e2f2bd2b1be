// member_facts.hpp -- the facts of one member, as a reduction is given them.
// Owns:    its text.
// Thread:  one test.
// Fails:   never.
// Never:   decides anything that a test should state itself.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "workflows/reduce.hpp"

namespace rolecall::member_facts {

inline constexpr const char* kOld = "2026-01-01T00:00:00.000Z";
inline constexpr const char* kNow = "2026-03-01T12:00:00.000000Z";
inline constexpr const char* kAgo60 = "2026-03-01T11:59:00.000000Z";

inline JsonText member(const std::string& roles) {
  return R"({"organization":"org_1","user":"user_1","roles":[)" + roles + "]}";
}
inline const JsonText kA = member(R"("a")");
inline const JsonText kB = member(R"("b")");
inline const JsonText kName = R"({"organization":"org_1","user":"user_1"})";

// Version 5 wishes for {a}; it was delivered and seen in the answer, and waits for its proof.
inline SubjectFacts delivered() {
  SubjectFacts facts;
  facts.subject = Subject("member:acme:user_1");
  facts.version = Version(5);
  facts.kind = "member.push";
  facts.desired = kA;
  LaneFact lane;
  lane.state = LaneState::idle;
  lane.wanted = Version(5);
  lane.delivered = Version(5);
  lane.kind = facts.kind;
  lane.desired = kA;
  facts.lane = lane;
  facts.incarnation = "om_1";
  facts.incarnation_created_at = kOld;
  facts.echoed = Version(5);
  facts.confirmed = Version(4);
  facts.looked = true;
  facts.seen = kA;
  facts.seen_at = kOld;
  facts.seen_status = "active";
  facts.seen_source = "answer";
  facts.now = kNow;
  return facts;
}

inline Observation showing(std::optional<JsonText> value, std::string updated_at = kOld) {
  Observation shown;
  if (!value) return shown;
  shown.incarnation = "om_1";
  shown.created_at = kOld;
  shown.updated_at = std::move(updated_at);
  shown.status = "active";
  shown.value = std::move(value);
  return shown;
}

inline void read(SubjectFacts& facts, Observation shown) {
  facts.read = ReadFact{kNow, std::move(shown)};
}

inline SendFact send(int id, int version, Operation operation, std::optional<JsonText> value) {
  SendFact send;
  send.id = SendId(id);
  send.version = Version(version);
  send.operation = operation;
  if (operation != Operation::create) send.incarnation = "om_1";
  send.value = std::move(value);
  send.leased_at = kAgo60;
  return send;
}

inline void lane_is(SubjectFacts& facts, LaneState state, bool looking = false) {
  facts.lane->state = state;
  facts.lane->looking = looking;
  facts.lane->wanted = facts.version;
  facts.lane->delivered = Version(facts.version.number() - 1);
  facts.lane->kind = facts.kind;
  facts.lane->desired = facts.desired;
}

// Version 5 wishes for {b} instead, which nobody has said yet.
inline SubjectFacts wishing_b() {
  SubjectFacts facts = delivered();
  facts.desired = kB;
  facts.touched = {{"a", Version(5)}, {"b", Version(5)}};
  facts.echoed = Version(4);
  lane_is(facts, LaneState::due);
  return facts;
}

}  // namespace rolecall::member_facts
