// However a stream is cut into pages, and whenever the reducer runs between them: the end is what
// the last event of each member told.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/postgres/outbox/event_world.hpp"

namespace rolecall::testing {
namespace {

struct MemberAtEnd {
  int made = 0;  // 0: none
  std::string roles = "gone";
};

// What happens to three members, and how it ends.
struct PlannedStream {
  explicit PlannedStream(unsigned seed) : chance(seed) {
    for (int second = 1; second <= 16; ++second) events.push_back(next(second));
  }

  std::size_t below(std::size_t n) { return chance() % n; }
  Told next(int second) {
    static const std::vector<std::string> users{"ann", "bob", "cid"};
    static const std::vector<std::string> sets{"admin", "member", "admin member"};
    const std::string& user = users[below(users.size())];
    MemberAtEnd& member = ends[user];
    const bool joins = member.made == 0;
    if (joins) member.made = second;
    const bool leaves = !joins && below(3) == 0;
    if (!leaves) member.roles = sets[below(sets.size())];
    const std::string id = fmt::format("om_{}_{}", user, member.made);
    Told told = joins    ? joined(user, member.roles, second, id)
                : leaves ? left(user, second, id)
                         : changed(user, member.roles, second, id);
    // The helpers' second membership was made at second 20; each of these when it began.
    const std::string made = R"("created_at":")";
    told.data.replace(told.data.find(made) + made.size(), at_second(20).size(),
                      at_second(member.made));
    if (leaves) member = {};
    return told;
  }

  std::mt19937 chance;
  std::map<std::string, MemberAtEnd> ends{};
  std::vector<Told> events{};
};

void expect_end(EventWorld& world, const PlannedStream& stream) {
  for (const auto& [user, member] : stream.ends)
    EXPECT_EQ(world.roles_of(user), member.roles) << user;
  EXPECT_EQ(world.number("select count(*) from rolecall.inbox where applied_at is null"), 0);
  EXPECT_EQ(world.number("select count(*) from rolecall.outbox"), 0) << "WorkOS has it all";
  EXPECT_EQ(world.value("select string_agg(distinct state, ' ') from rolecall.convergence"),
            "confirmed");
}

class StreamOfAnySeed : public ::testing::TestWithParam<unsigned> {};

TEST_P(StreamOfAnySeed, EndsAlikeInOnePage) {
  const PlannedStream stream(GetParam());
  EventWorld world;
  world.tell(stream.events);
  expect_end(world, stream);
}

TEST_P(StreamOfAnySeed, EndsAlikeInPagesOfAnyLengthWithOrWithoutReducingBetween) {
  PlannedStream stream(GetParam());
  EventWorld world;
  for (std::size_t from = 0; from < stream.events.size();) {
    const std::size_t to = std::min(from + 1 + stream.below(5), stream.events.size());
    ASSERT_TRUE(world.record({stream.events.begin() + static_cast<std::ptrdiff_t>(from),
                              stream.events.begin() + static_cast<std::ptrdiff_t>(to)}));
    if (stream.below(2) == 0) world.reduce();
    from = to;
  }
  world.tell({});
  expect_end(world, stream);
}

TEST_P(StreamOfAnySeed, EndsAlikeWhenItIsReadAgainFromTheStart) {
  PlannedStream stream(GetParam());
  EventWorld world;
  const auto half = stream.events.begin() + static_cast<std::ptrdiff_t>(stream.below(16));
  world.tell({stream.events.begin(), half});
  world.sql("delete from rolecall.workos_user_syncs");
  world.tell(stream.events);
  world.sql("delete from rolecall.workos_user_syncs");
  world.tell({stream.events.begin(), half});
  expect_end(world, stream);
}

INSTANTIATE_TEST_SUITE_P(Seeds, StreamOfAnySeed, ::testing::Range(1U, 7U));

}  // namespace
}  // namespace rolecall::testing
