// The event stream.
#include <gmock/gmock.h>

#include "tests/unit/emulator/environment.hpp"

namespace rolecall::emulator {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Events : public Environment {
 protected:
  Events() {
    add_role("org_acme", "org-a");
    pass(Millis{10});
    add_member("org_acme", "user_ada");
    pass(Millis{10});
    add_role("org_beta", "org-b");
  }
  Answer read_events(const std::string& query) { return call("GET", "/events?" + query); }
  const std::string names_ =
      "events=organization_role.created,organization_membership.created,user.created";
};

TEST_F(Events, AreReadOldestFirstWhateverOrderIsAsked) {
  for (const char* order : {"", "&order=asc", "&order=desc", "&order=normal"})
    EXPECT_THAT(read_events(names_ + order).texts("/data", "event"),
                ElementsAre("organization_role.created", "organization_membership.created",
                            "organization_role.created"));
}

TEST_F(Events, AreOnlyThoseAskedForInEitherFormOfTheList) {
  const std::string both = "events[]=user.created&events[]=organization_membership.created";
  EXPECT_THAT(read_events(both).texts("/data", "event"),
              ElementsAre("organization_membership.created"));
  EXPECT_EQ(read_events("events=organization_membership.added").code(), "invalid_events_request");
  EXPECT_EQ(call("GET", "/events").status, 422);
}

TEST_F(Events, ArePagedByTheIdOfTheLastOneSeen) {
  const Answer first = read_events(names_ + "&limit=2");
  EXPECT_EQ(first.texts("/data", "id").size(), 2u);
  EXPECT_EQ(first.text("/list_metadata/after"), first.text("/data/1/id"));
  const Answer second = read_events(names_ + "&limit=2&after=" + first.text("/data/1/id"));
  EXPECT_THAT(second.texts("/data", "event"), ElementsAre("organization_role.created"));
  EXPECT_TRUE(second.at("/list_metadata/after").is_null());
  const Answer end = read_events(names_ + "&after=" + second.text("/data/0/id"));
  EXPECT_THAT(end.texts("/data", "id"), IsEmpty());
  EXPECT_EQ(read_events(names_ + "&limit=101").status, 422);
  EXPECT_EQ(read_events(names_ + "&after=event_unknown").status, 422);
}

TEST_F(Events, AreFilteredByOrganizationAndTime) {
  EXPECT_EQ(read_events(names_ + "&organization_id=org_beta").texts("/data", "id").size(), 1u);
  EXPECT_EQ(
      read_events(names_ + "&range_start=2026-01-15T12:00:00.010Z").texts("/data", "id").size(),
      2u);
  EXPECT_EQ(read_events(names_ + "&range_end=2026-01-15T12:00:00.010Z").texts("/data", "id").size(),
            1u);
  EXPECT_EQ(read_events(names_ + "&range_start=2025-12-01").code(), "invalid_events_request");
  EXPECT_EQ(read_events(names_ + "&range_start=yesterday").status, 400);
  const std::string id = read_events(names_).text("/data/0/id");
  EXPECT_EQ(read_events(names_ + "&range_start=2026-01-15&after=" + id).status, 400);
}

TEST_F(Events, AreHeldBackFromReadersForTheirDelay) {
  control("POST", "/_emulator/config", R"({"event_delay_ms":15})");
  EXPECT_EQ(read_events(names_).texts("/data", "id").size(), 1u);
  pass(Millis{15});
  EXPECT_EQ(read_events(names_).texts("/data", "id").size(), 3u);
}

TEST_F(Events, SayOfRolesOnlyWhatTheDocumentedPayloadsSay) {
  const auto role = read_events(names_).at("/data/0/data").as_object();
  EXPECT_EQ(role.at("organization_id"), "org_acme");
  EXPECT_FALSE(role.contains("id"));
  call("POST", "/authorization/roles", R"({"slug":"auditor","name":"Auditor"})");
  const auto shared = last_event().at("data").as_object();
  EXPECT_EQ(shared.at("slug"), "auditor");
  EXPECT_FALSE(shared.contains("id"));
  EXPECT_FALSE(shared.contains("name"));
  const auto member = read_events(names_).at("/data/1/data").as_object();
  EXPECT_FALSE(member.contains("user"));
  EXPECT_TRUE(member.contains("roles"));
}

TEST_F(Events, NameTheirSource) {
  EXPECT_EQ(last_event().at_pointer("/context/actor/source"), "api");
  edit("POST", "/authorization/organizations/org_acme/roles", R"({"slug":"org-c","name":"C"})");
  EXPECT_EQ(last_event().at_pointer("/context/actor/source"), "dashboard");
}

TEST_F(Events, HaveIdsThatSortByTheirOrder) {
  for (int i = 0; i < 50; ++i) add_role("org_acme", "org-same-millisecond-" + std::to_string(i));
  std::string last;
  for (const Event& event : emulator_.state().events) {
    EXPECT_GT(event.id, last);
    last = event.id;
  }
}

class Pages : public Environment {
 protected:
  Pages() {
    for (const char* name : {"3", "4", "5"})
      create("/organizations", R"({"name":")" + std::string{name} + R"("})");
    // Oldest first: Acme, Beta, 3, 4, 5.
  }
  Answer page(const std::string& query) { return call("GET", "/organizations?" + query); }
  std::vector<std::string> names(const std::string& query) {
    return page(query).texts("/data", "name");
  }
};

TEST_F(Pages, ComeNewestFirstByDefaultAndOldestFirstWhenAsked) {
  EXPECT_THAT(names(""), ElementsAre("5", "4", "3", "Beta", "Acme"));
  EXPECT_THAT(names("order=asc"), ElementsAre("Acme", "Beta", "3", "4", "5"));
}

TEST_F(Pages, AreFollowedByAfterUntilItIsNull) {
  for (const std::string order : {"asc", "desc"}) {
    std::vector<std::string> all;
    std::string cursor;
    for (int pages = 0; pages < 3; ++pages) {
      const Answer each = page("limit=2&order=" + order + cursor);
      for (const std::string& name : each.texts("/data", "name")) all.push_back(name);
      EXPECT_EQ(each.at("/list_metadata/after").is_null(), pages == 2);
      cursor = "&after=" + each.text("/list_metadata/after");
    }
    EXPECT_EQ(all, names("order=" + order));
  }
}

TEST_F(Pages, AreWalkedBackByBefore) {
  const Answer last =
      page("limit=2&order=asc&after=" + page("limit=3&order=asc").text("/data/2/id"));
  EXPECT_THAT(last.texts("/data", "name"), ElementsAre("4", "5"));
  const Answer back = page("limit=2&order=asc&before=" + last.text("/list_metadata/before"));
  EXPECT_THAT(back.texts("/data", "name"), ElementsAre("Beta", "3"));
}

TEST_F(Pages, InNormalOrderHaveTheirCursorsReversed) {
  const Answer newest = page("limit=2&order=normal");
  EXPECT_THAT(newest.texts("/data", "name"), ElementsAre("5", "4"));
  EXPECT_TRUE(newest.at("/list_metadata/after").is_null());
  const Answer older = page("limit=2&order=normal&before=" + newest.text("/list_metadata/before"));
  EXPECT_THAT(older.texts("/data", "name"), ElementsAre("3", "Beta"));
  const Answer newer = page("limit=2&order=normal&after=" + older.text("/list_metadata/after"));
  EXPECT_THAT(newer.texts("/data", "name"), ElementsAre("5", "4"));
}

TEST_F(Pages, GoOnAfterAnObjectThatIsGone) {
  const Answer first = page("limit=2&order=asc");
  call("DELETE", "/organizations/" + first.text("/list_metadata/after"));
  EXPECT_THAT(names("limit=2&order=asc&after=" + first.text("/list_metadata/after")),
              ElementsAre("3", "4"));
}

TEST_F(Pages, HoldTenUnlessToldOtherwiseAndRefuseOtherSizes) {
  for (int i = 0; i < 10; ++i) create("/organizations", R"({"name":"x"})");
  EXPECT_EQ(names("").size(), 10u);
  EXPECT_EQ(names("limit=100").size(), 15u);
  for (const char* query :
       {"limit=0", "limit=101", "limit=ten", "limit=5x", "order=up", "after=org_unknown"})
    EXPECT_EQ(page(query).status, 422) << query;
}

}  // namespace
}  // namespace rolecall::emulator
