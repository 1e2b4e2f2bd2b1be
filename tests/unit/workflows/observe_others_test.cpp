// The rows of the decision table about what others did.

#include "tests/unit/workflows/pictures.hpp"

namespace rolecall {
namespace {

using namespace pictures;

TEST(RowUnchanged, TakesNoteOfTimeAndStatus) {
  Picture picture = quiet_member();
  auto shown = read(roles({"a"}), kNew);
  shown.shown.status = "inactive";
  shown.shown.directory_managed = true;
  EXPECT_EQ(observe(picture, shown), Verdict::unchanged);
  EXPECT_EQ(picture.seen_at, kNew);
  EXPECT_EQ(picture.seen_status, "inactive");
  EXPECT_TRUE(picture.directory_managed);
  EXPECT_FALSE(picture.desired_changed);
}

TEST(RowUnchanged, LearnsFromAFirstLookThatFindsNothing) {
  Picture picture = wishing(roles({"a"}), {"*"});
  picture.incarnation.reset();
  picture.seen.reset();
  picture.looked = false;
  EXPECT_EQ(observe(picture, read(std::nullopt, "")), Verdict::unchanged);
  EXPECT_TRUE(picture.looked);
  EXPECT_EQ(picture.desired, roles({"a"}));
}

TEST(RowGone, DoesNotBelieveOneLook) {
  Picture picture = quiet_member();
  Sighting first = read(std::nullopt, "");
  EXPECT_EQ(observe(picture, first), Verdict::absent_once);
  EXPECT_EQ(picture.desired, roles({"a"}));
  EXPECT_FALSE(picture.absent_since.empty());
  Sighting early = first;
  early.begun_at += picture.visibility - Millis{1};
  EXPECT_EQ(observe(picture, early), Verdict::absent_once);
  Sighting second = first;
  second.begun_at += picture.visibility;
  EXPECT_EQ(observe(picture, second), Verdict::external_remove);
  EXPECT_FALSE(picture.desired);
  EXPECT_TRUE(picture.absent_since.empty());
}

TEST(RowGone, BeginsAnewWhenItWasFoundBetween) {
  Picture picture = quiet_member();
  EXPECT_EQ(observe(picture, read(std::nullopt, "")), Verdict::absent_once);
  EXPECT_EQ(observe(picture, read(roles({"a"}), kOld)), Verdict::unchanged);
  EXPECT_TRUE(picture.absent_since.empty());
}

TEST(RowGone, FollowsARemovalAlsoAgainstAChangeOfRoles) {
  Picture picture = wishing(roles({"b"}), {"a", "b"});
  picture.absent_since = at(Millis{-60'000});
  EXPECT_EQ(observe(picture, read(std::nullopt, "")), Verdict::external_remove);
  EXPECT_FALSE(picture.desired);
  EXPECT_TRUE(picture.desired_changed);
  EXPECT_EQ(picture.dead_incarnation_at, kOld);
  EXPECT_TRUE(picture.touched.empty()) << "the local change ended with what it changed";
}

TEST(RowGone, KeepsALocalAddThatIsStillToBeSaid) {
  Picture picture = wishing(roles({"b"}), {"*"});
  EXPECT_EQ(observe(picture, read(std::nullopt, "")), Verdict::external_remove);
  EXPECT_EQ(picture.desired, roles({"b"}));
  EXPECT_FALSE(picture.incarnation);
}

TEST(RowGone, TakesPermissionsAwayWithTheirRole) {
  Picture picture = quiet_member();
  picture.object = {Family::permissions, "org_1", "org-x"};
  picture.absent_since = at(Millis{-60'000});
  EXPECT_EQ(observe(picture, read(std::nullopt, "")), Verdict::external_remove);
  EXPECT_EQ(picture.desired, roles({"a"}));
  EXPECT_TRUE(agrees(picture)) << "there is nothing left to say";
}

TEST(RowGone, HasPermissionsStillToSayWhereTheirRoleIsStillToBeMade) {
  Picture picture = quiet_member();
  picture.object = {Family::permissions, "org_1", "org-x"};
  picture.unready = {"org-x"};
  picture.absent_since = at(Millis{-60'000});
  EXPECT_EQ(observe(picture, read(std::nullopt, "")), Verdict::external_remove);
  EXPECT_FALSE(agrees(picture));
}

TEST(RowJoinAgainstRemoval, RemovesSomebodyWhoRejoinedBeforeOurRemoval) {
  Picture picture = wishing(std::nullopt, {"*"});
  EXPECT_EQ(observe(picture, read(roles({"c"}), kNew, "om_2", kNew)), Verdict::overruled);
  EXPECT_EQ(picture.incarnation, "om_2");
  EXPECT_EQ(picture.seen, roles({"c"}));
  EXPECT_FALSE(picture.desired);
}

TEST(RowJoinBesideAdd, KeepsTheRolesOfALocalAdd) {
  Picture picture = wishing(roles({"b"}), {"*"});
  EXPECT_EQ(observe(picture, read(roles({"c"}), kNew, "om_2", kNew)), Verdict::merged);
  EXPECT_EQ(picture.incarnation, "om_2");
  EXPECT_EQ(picture.desired, roles({"b"}));
}

TEST(RowJoinBesideAdd, KeepsALocalChangeAtTheFirstSightOfAMember) {
  Picture picture = wishing(roles({"b"}), {"b"});
  picture.incarnation.reset();
  picture.seen.reset();
  EXPECT_EQ(observe(picture, read(roles({"c"}), kNew)), Verdict::merged);
  EXPECT_EQ(picture.desired, roles({"b"}));
}

TEST(RowExternalJoin, TakesOverSomebodyWhoRejoined) {
  Picture picture = wishing(roles({"b"}), {"a", "b"});
  EXPECT_EQ(observe(picture, read(roles({"c"}), kNew, "om_2", kNew)), Verdict::external_join);
  EXPECT_EQ(picture.desired, roles({"c"})) << "roles never cross from one membership to the next";
  EXPECT_TRUE(picture.touched.empty());
  Picture removed = wishing(std::nullopt, {});
  removed.incarnation.reset();
  removed.seen.reset();
  removed.dead_incarnation_at = kOld;
  EXPECT_EQ(observe(removed, read(roles({"c"}), kNew, "om_2", kNew)), Verdict::external_join);
  EXPECT_EQ(removed.desired, roles({"c"}));
}

struct Edit {
  Elements desired;
  std::vector<const char*> touched;
  Elements theirs;
  bool multiple_roles;
  Elements expected;
  Verdict verdict;
};

class RowExternalEdit : public testing::TestWithParam<Edit> {};

TEST_P(RowExternalEdit, MergesPerElementByWhatWasEchoed) {
  const Edit& edit = GetParam();
  Picture picture = wishing(edit.desired, edit.touched);
  picture.multiple_roles = edit.multiple_roles;
  picture.seen = roles({"a", "z"});
  EXPECT_EQ(observe(picture, read(edit.theirs, kNew)), edit.verdict);
  EXPECT_EQ(picture.desired, edit.expected);
  EXPECT_EQ(picture.desired_changed, edit.expected != edit.desired);
  EXPECT_EQ(picture.seen, edit.theirs);
}

INSTANTIATE_TEST_SUITE_P(
    From_az, RowExternalEdit,
    testing::Values(
        // Nothing of ours is on its way: theirs.
        Edit{roles({"a", "z"}), {}, roles({"b"}), true, roles({"b"}), Verdict::adopted},
        // We add c, they add b: both.
        Edit{roles({"a", "c", "z"}),
             {"c"},
             roles({"a", "b", "z"}),
             true,
             roles({"a", "b", "c", "z"}),
             Verdict::merged},
        // We take z, they give b: both.
        Edit{roles({"a"}), {"z"}, roles({"a", "b", "z"}), true, roles({"a", "b"}), Verdict::merged},
        // They take what we touched and only that: ours.
        Edit{roles({"a", "z"}), {"z"}, roles({"a"}), true, roles({"a", "z"}), Verdict::overruled},
        // Everything goes: the default role stays.
        Edit{roles({"z"}), {"a"}, roles({"a"}), true, roles({"member"}), Verdict::merged},
        // A local add stands for all its elements.
        Edit{roles({"a", "z"}), {"*"}, roles({"b"}), true, roles({"a", "z"}), Verdict::overruled},
        // One role per member: the set changes hands whole.
        Edit{roles({"c"}), {"c"}, roles({"b"}), false, roles({"c"}), Verdict::overruled},
        Edit{roles({"c"}), {}, roles({"b"}), false, roles({"b"}), Verdict::adopted}));

TEST(RowExternalEdit, MergesTheFieldsOfARole) {
  Picture picture = quiet_member();
  picture.object = {Family::role, "org_1", "org-x"};
  picture.version = Version(6);
  picture.seen = Elements{{"name", "Old"}, {"description", "d"}};
  picture.desired = Elements{{"name", "Ours"}, {"description", "d"}};
  picture.touched = {{"name", Version(6)}};
  EXPECT_EQ(observe(picture, read(Elements{{"name", "Theirs"}}, kNew)), Verdict::merged);
  EXPECT_EQ(picture.desired, (Elements{{"name", "Ours"}}));
}

TEST(RowExternalEdit, DoesNotReviveWhatWeRemove) {
  Picture picture = wishing(std::nullopt, {"*"});
  EXPECT_EQ(observe(picture, read(roles({"b"}), kNew)), Verdict::overruled);
  EXPECT_FALSE(picture.desired);
}

}  // namespace
}  // namespace rolecall
