// Who is served first when more is due than fits: revocations, then each organization in turn.
#include <set>

#include "tests/contract/store_contract.hpp"

namespace rolecall::contract {
namespace {

Change member_of(const std::string& organization, const std::string& user) {
  Change change = push_member(organization + "-" + user);
  change.organization = organization;
  return change;
}

class StoreContractFairness : public StoreContract {
 protected:
  // So many members change in each of the organizations.
  void change(const std::vector<std::string>& organizations, int members) {
    for (const auto& organization : organizations)
      for (int i = 0; i < members; ++i)
        world().mutate(member_of(organization, "user_" + std::to_string(i)));
  }
  int lanes_of(const std::string& organization, int members) {
    int lanes = 0;
    for (int i = 0; i < members; ++i)
      lanes += world().lane(member_of(organization, "user_" + std::to_string(i)).subject).state !=
               std::string();
    return lanes;
  }
  std::multiset<std::string> leased(WorkerId worker, int limit) {
    std::multiset<std::string> organizations;
    for (const auto& lease : lease(worker, limit)) organizations.insert(lease.organization.text());
    return organizations;
  }
};

TEST_P(StoreContractFairness, IntakeTakesOfEachOrganizationWhenNotAllFits) {
  change({"big"}, 30);
  change({"a", "m", "z"}, 1);
  EXPECT_EQ(take_in(8), 8);
  for (const auto* small : {"a", "m", "z"}) EXPECT_EQ(lanes_of(small, 1), 1) << small;
  EXPECT_EQ(lanes_of("big", 30), 5);
}

TEST_P(StoreContractFairness, IntakeGoesOnWhereItsLastWalkEnded) {
  change({"a", "b", "c", "d", "e"}, 9);
  take_in(2);
  take_in(2);
  take_in(2);  // the fifth, and the first again
  EXPECT_EQ(lanes_of("a", 9), 2);
  for (const auto* other : {"b", "c", "d", "e"}) EXPECT_EQ(lanes_of(other, 9), 1) << other;
}

TEST_P(StoreContractFairness, ALeaseServesEachOrganizationWhenNotAllFits) {
  change({"big"}, 30);
  change({"a", "m", "z"}, 1);
  take_in();
  const auto served = leased(open_session(), 8);
  EXPECT_EQ(served, (std::multiset<std::string>{"a", "m", "z", "big", "big", "big", "big", "big"}));
}

TEST_P(StoreContractFairness, LeasesGoOnWhereTheLastWalkEnded) {
  change({"a", "b", "c", "d", "e"}, 9);
  take_in();
  const WorkerId worker = open_session();
  EXPECT_EQ(leased(worker, 2), (std::multiset<std::string>{"a", "b"}));
  EXPECT_EQ(leased(worker, 2), (std::multiset<std::string>{"c", "d"}));
  EXPECT_EQ(leased(worker, 2), (std::multiset<std::string>{"e", "a"}));
}

TEST_P(StoreContractFairness, RevocationsOfAnyOrganizationComeBeforeAllElse) {
  change({"a", "b", "c"}, 9);
  for (const auto* late : {"y", "z"}) {
    Change removal = member_of(late, "user_0");
    removal.kind = "member.remove";
    removal.priority = 0;
    world().mutate(removal);
  }
  EXPECT_EQ(take_in(3), 3);
  EXPECT_EQ(lanes_of("y", 1) + lanes_of("z", 1), 2);
  take_in();
  const WorkerId worker = open_session();
  EXPECT_EQ(leased(worker, 3), (std::multiset<std::string>{"a", "y", "z"}));
  EXPECT_EQ(leased(worker, 2), (std::multiset<std::string>{"b", "c"}));
}

INSTANTIATE_TEST_SUITE_P(EveryStore, StoreContractFairness,
                         ::testing::ValuesIn(registered_worlds()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace rolecall::contract
