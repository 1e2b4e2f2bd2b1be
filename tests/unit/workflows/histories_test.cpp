// Random histories of one subject: mutations, lost answers, late requests, killed workers and other
// people's edits. Whatever happened, both sides end equal, proved and quiet.

#include <cstdlib>
#include <random>

#include "tests/unit/workflows/one_subject.hpp"

namespace rolecall::stories {
namespace {

struct Chances {
  bool others_edit = true;
  int local_per_100 = 12;
  int faults_per_100 = 40;
};

class History {
 public:
  History(OneSubject::Settings settings, Chances chances, unsigned seed)
      : subject(settings), settings_(settings), chances_(chances), random_(seed) {}

  void live(int steps) {
    for (int i = 0; i < steps; ++i) {
      step();
      if (chance(20))
        subject.now += Millis{pick(4'000)};
      else
        subject.now += Millis{1 + pick(30)};
    }
  }

  OneSubject subject;
  State last_wish{};
  int changes_by_others = 0;

 private:
  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  bool chance(int per_100) { return pick(100) < per_100; }

  State wish() {
    if (chance(25)) return std::nullopt;
    if (settings_.family == Family::role) return Elements{{"name", name()}};
    Elements roles;
    if (!settings_.multiple_roles) return Elements{{std::string(1, "abc"[pick(3)]), ""}};
    for (const char slug : {'a', 'b', 'c'})
      if (chance(50)) roles.emplace(std::string(1, slug), "");
    if (roles.empty()) roles.emplace("member", "");
    return roles;
  }

  std::string name() { return std::string(1, "XYZ"[pick(3)]); }

  void edit_at_workos() {
    ++changes_by_others;
    SmallWorkos& workos = subject.workos;
    if (settings_.family == Family::role) {
      if (!workos.role() || chance(50)) return workos.make_role(name(), subject.now);
      return chance(25) ? workos.remove_role() : workos.rename_role(name(), subject.now);
    }
    const State roles = wish();
    if (!roles) return workos.remove_membership();
    std::set<std::string> slugs;
    for (const auto& [slug, unused] : *roles) slugs.insert(slug);
    if (!workos.membership()) return workos.join(slugs, subject.now);
    if (chance(15)) return workos.set_status(chance(50) ? "active" : "inactive", subject.now);
    workos.set_roles(slugs, subject.now);
  }

  Wire wire() {
    if (!chance(chances_.faults_per_100)) return Wire::answered;
    switch (pick(5)) {
      case 0:
        return Wire::answer_lost;
      case 1:
        return Wire::request_lost;
      case 2:
        return Wire::late;
      case 3:
        return Wire::refused;
      default:
        return Wire::worker_killed;
    }
  }

  void step() {
    if (chance(chances_.local_per_100)) {
      last_wish = wish();
      return subject.mutate(last_wish);
    }
    if (chances_.others_edit && chance(6)) return edit_at_workos();
    switch (pick(7)) {
      case 0:
        subject.take_in();
        break;
      case 1:
        subject.lease_and_say(wire(), Millis{pick(40'000)});
        break;
      case 2:
        subject.reduce_due();
        break;
      case 3:
        subject.begin_read();
        break;
      case 4:
        subject.finish_read();
        break;
      case 5:
        subject.land_late(false);
        break;
      default:
        if (chance(10)) subject.nudge();
    }
  }

  OneSubject::Settings settings_;
  Chances chances_;
  std::mt19937 random_;
};

std::string story(const History& history) {
  std::string text = "desired " + words_for(history.subject.desired()) + ", at WorkOS " +
                     words_for(history.subject.at_workos());
  for (const auto& event : history.subject.events()) text += "\n  " + event;
  return text;
}

void expect_agreement(const History& history) {
  EXPECT_EQ(history.subject.desired(), history.subject.at_workos()) << story(history);
  EXPECT_TRUE(history.subject.confirmed()) << story(history);
}

// ROLECALL_HISTORIES: how many of each sort; more find rarer coincidences.
unsigned seeds() {
  const char* asked = std::getenv("ROLECALL_HISTORIES");
  return asked == nullptr ? 250 : static_cast<unsigned>(std::stoul(asked));
}

class RandomHistories : public testing::TestWithParam<OneSubject::Settings> {};

TEST_P(RandomHistories, EndEqualAndConfirmed) {
  for (unsigned seed = 0; seed < seeds() && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(GetParam(), {}, seed);
    history.subject.mutate(history.last_wish = std::nullopt);
    history.live(250);
    ASSERT_TRUE(history.subject.run_until_quiet()) << story(history);
    // What others did after our last look is not known with inbound off; a login asks for a look.
    history.subject.nudge();
    ASSERT_TRUE(history.subject.run_until_quiet()) << story(history);
    expect_agreement(history);
  }
}

TEST_P(RandomHistories, KeepTheNewestLocalWishWhereNobodyElseEdits) {
  for (unsigned seed = 0; seed < seeds() && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(GetParam(), {.others_edit = false}, seed);
    history.subject.mutate(history.last_wish = std::nullopt);
    history.live(250);
    ASSERT_TRUE(history.subject.run_until_quiet()) << story(history);
    expect_agreement(history);
    EXPECT_EQ(history.subject.desired(), history.last_wish) << story(history);
  }
}

TEST_P(RandomHistories, FollowWhatOthersDoOnceWeAreQuiet) {
  for (unsigned seed = 0; seed < seeds() && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(GetParam(), {.others_edit = false, .local_per_100 = 5}, seed);
    history.subject.mutate(history.last_wish = std::nullopt);
    history.live(120);
    ASSERT_TRUE(history.subject.run_until_quiet()) << story(history);
    history.subject.now += std::chrono::minutes{5};
    SmallWorkos& workos = history.subject.workos;
    if (GetParam().family == Family::role) {
      workos.make_role("Q", history.subject.now);
      workos.rename_role("Q", history.subject.now);
    } else {
      workos.join({"q"}, history.subject.now);
      workos.set_roles({"q"}, history.subject.now);
    }
    const State theirs = history.subject.at_workos();
    history.subject.now += std::chrono::minutes{1};
    history.subject.nudge();
    ASSERT_TRUE(history.subject.run_until_quiet()) << story(history);
    expect_agreement(history);
    EXPECT_EQ(history.subject.desired(), theirs) << story(history);
  }
}

TEST_P(RandomHistories, SayNoMoreThanTheyHaveReasonsTo) {
  for (unsigned seed = 0; seed < seeds() / 2; ++seed) {
    History history(GetParam(), {.others_edit = false, .faults_per_100 = 0}, seed);
    history.subject.mutate(history.last_wish = std::nullopt);
    history.live(250);
    ASSERT_TRUE(history.subject.run_until_quiet()) << story(history);
    const auto newest = history.subject.facts().version.number();
    EXPECT_LE(history.subject.workos.writes(), newest) << "without faults, a version is said once";
  }
}

INSTANTIATE_TEST_SUITE_P(Of, RandomHistories,
                         testing::Values(OneSubject::Settings{},
                                         OneSubject::Settings{.multiple_roles = false},
                                         OneSubject::Settings{.family = Family::role}),
                         [](const auto& info) {
                           if (info.param.family == Family::role) return std::string("ARole");
                           return std::string(info.param.multiple_roles ? "AMember"
                                                                        : "AMemberWithOneRole");
                         });

}  // namespace
}  // namespace rolecall::stories
