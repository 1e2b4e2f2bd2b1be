#include "tests/unit/workflows/member_facts.hpp"

namespace rolecall {
namespace {

using namespace member_facts;

SendFact answered(int id, int version, const JsonText& value, const char* at) {
  SendFact fact = send(id, version, Operation::put, value);
  fact.state = SendState::answered;
  fact.answer = showing(value, at);
  return fact;
}

EventFact event(const char* id, const JsonText& value, const char* at) {
  EventFact fact;
  fact.id = id;
  fact.type = "organization_membership.updated";
  fact.at = at;
  fact.actor = "api";
  fact.shown = showing(value, at);
  return fact;
}

// Version 4 says what version 3 had said: WorkOS changes nothing, and tells of nothing. The next
// write follows within a second, and both events are reduced together.
TEST(SilentEcho, IsTakenBetweenTwoEvents) {
  constexpr const char* kFirst = "2026-03-01T11:59:30.000Z";
  constexpr const char* kSecond = "2026-03-01T11:59:30.500Z";
  SubjectFacts facts = delivered();
  facts.events_on = true;
  facts.echoed = Version(2);
  facts.seen = kB;
  facts.seen_source = "event";
  facts.sends = {answered(1, 3, kB, kFirst), answered(2, 4, kB, kFirst),
                 answered(3, 5, kA, kSecond)};
  facts.events = {event("event_1", kB, kFirst), event("event_2", kA, kSecond)};
  const auto reduction = reduce(facts);
  ASSERT_TRUE(reduction);
  EXPECT_EQ(reduction->closed.size(), 3U) << "nothing is awaited any more";
  EXPECT_EQ(reduction->confirmed, Version(5));
}

}  // namespace
}  // namespace rolecall
