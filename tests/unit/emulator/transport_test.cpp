// The emulator behind the transport port, on a virtual clock.
#include "tests/emulator/transport.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "tests/unit/emulator/environment.hpp"
#include "tests/unit/emulator/virtual_time.hpp"

namespace rolecall::emulator {
namespace {

using testing::ElementsAre;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

class InProcess : public Environment {
 protected:
  // Sends, and remembers the outcome and when it came.
  struct Sent {
    std::optional<Result<HttpResponse>> outcome{};
    Instant at{};
  };

  std::shared_ptr<Sent> send(HttpRequest request, Millis patience = 10s) {
    auto sent = std::make_shared<Sent>();
    boost::asio::co_spawn(context_, run(std::move(request), patience, sent), boost::asio::detached);
    return sent;
  }
  std::shared_ptr<Sent> send_create(Millis patience = 10s) {
    return send({.method = "POST",
                 .target = "/authorization/organizations/org_acme/roles",
                 .body = R"({"slug":"org-lead","name":"Lead"})"},
                patience);
  }
  void fault(FaultAction action, Millis delay = Millis{0}) {
    emulator_.faults().add({.action = action, .count = 1, .delay = delay});
  }
  bool exists() {
    return call("GET", "/authorization/organizations/org_acme/roles/org-lead").status == 200;
  }
  static Millis elapsed(const Sent& sent) {
    return std::chrono::duration_cast<Millis>(sent.at.time_since_epoch());
  }

  boost::asio::io_context context_{1};
  VirtualTime time_{context_};
  EmulatorWorld world_{
      .emulator = emulator_, .clock = time_, .executor = context_.get_executor(), .epoch = now_};
  EmulatorTransport transport_{world_, time_, {.name = "worker 1"}};

 private:
  Task<void> run(HttpRequest request, Millis patience, std::shared_ptr<Sent> sent) {
    sent->outcome = co_await transport_.send(std::move(request), time_.now() + patience);
    sent->at = time_.now();
  }
};

TEST_F(InProcess, ARequestIsAnsweredAtOnceWhenNothingIsWrong) {
  const auto sent = send_create();
  time_.run();
  ASSERT_TRUE(sent->outcome->has_value());
  EXPECT_EQ((*sent->outcome)->status, 201);
  EXPECT_EQ(elapsed(*sent), 0ms);
  EXPECT_EQ(emulator_.log().front().caller, "worker 1");
}

TEST_F(InProcess, LatencyIsSpentThereAndBack) {
  world_.there = {20ms, 20ms};
  world_.back = {30ms, 30ms};
  const auto sent = send_create();
  time_.run();
  EXPECT_EQ(elapsed(*sent), 50ms);
  EXPECT_EQ(emulator_.log().front().at, now_ + 20ms);
}

struct Case {
  FaultAction action;
  FailureClass failure;
  bool applied;
  Millis ends;
};

class InProcessFault : public InProcess, public testing::WithParamInterface<Case> {};

TEST_P(InProcessFault, EndsAsItsNameSays) {
  fault(GetParam().action);
  const auto sent = send_create();
  time_.run();
  ASSERT_TRUE(sent->outcome->has_error());
  EXPECT_EQ(sent->outcome->error().kind, GetParam().failure);
  EXPECT_EQ(elapsed(*sent), GetParam().ends);
  EXPECT_EQ(emulator_.log().front().applied, GetParam().applied);
  EXPECT_EQ(emulator_.log().front().status, 0);
  EXPECT_EQ(exists(), GetParam().applied);
}

INSTANTIATE_TEST_SUITE_P(
    EachAction, InProcessFault,
    testing::Values(Case{FaultAction::reset, FailureClass::in_doubt, false, 0ms},
                    Case{FaultAction::stall, FailureClass::in_doubt, false, 10s},
                    Case{FaultAction::apply_then_reset, FailureClass::in_doubt, true, 0ms},
                    Case{FaultAction::apply_then_stall, FailureClass::in_doubt, true, 10s},
                    Case{FaultAction::refuse, FailureClass::transient, false, 0ms},
                    Case{FaultAction::endless, FailureClass::in_doubt, false, 0ms},
                    Case{FaultAction::empty, FailureClass::in_doubt, false, 0ms}),
    [](const auto& info) { return std::string{name_of(info.param.action)}; });

TEST_F(InProcess, AStatusFaultAnswersWithItsStatusAndAppliesNothing) {
  emulator_.faults().add({.action = FaultAction::status, .status = 429, .retry_after = 7});
  const auto sent = send_create();
  time_.run();
  EXPECT_EQ((*sent->outcome)->status, 429);
  EXPECT_EQ((*sent->outcome)->headers.at("retry-after"), "7");
  EXPECT_FALSE(emulator_.log().front().applied);
}

TEST_F(InProcess, GarbageAndWebPagesComeWith200) {
  fault(FaultAction::html);
  fault(FaultAction::garbage);
  const auto page = send_create();
  const auto garbage = send_create();
  time_.run();
  EXPECT_EQ((*page->outcome)->headers.at("content-type"), "text/html");
  EXPECT_EQ((*garbage->outcome)->status, 200);
  boost::system::error_code error;
  boost::json::parse((*garbage->outcome)->body, error);
  EXPECT_TRUE(error);
}

TEST_F(InProcess, ADelayIsWaitedForAndThenApplied) {
  fault(FaultAction::delay, 3s);
  const auto sent = send_create();
  time_.run();
  EXPECT_EQ((*sent->outcome)->status, 201);
  EXPECT_EQ(elapsed(*sent), 3s);
}

TEST_F(InProcess, ADelayBeyondTheDeadlineIsInDoubtAndAppliedAllTheSame) {
  fault(FaultAction::delay, 30s);
  const auto sent = send_create();
  time_.run();
  EXPECT_EQ(sent->outcome->error().kind, FailureClass::in_doubt);
  EXPECT_EQ(elapsed(*sent), 10s);
  EXPECT_TRUE(exists());
}

TEST_F(InProcess, ALateWriteLandsAfterItsCallerWasTurnedAway) {
  fault(FaultAction::apply_late, 90s);
  std::vector<WallTime> applied;
  emulator_.watch([&](Sighting what, const LoggedRequest&, WallTime at) {
    if (what == Sighting::applied) applied.push_back(at);
  });
  const auto sent = send_create();
  time_.run();
  EXPECT_EQ(sent->outcome->error().kind, FailureClass::in_doubt);
  EXPECT_EQ(elapsed(*sent), 0ms);
  EXPECT_THAT(applied, ElementsAre(now_ + 90s));
  EXPECT_TRUE(exists());
}

TEST_F(InProcess, AnOutageResetsEveryRequestUntilItEnds) {
  emulator_.set_outage_until(now_ + 10s);
  const auto during = send_create();
  time_.run();
  EXPECT_EQ(during->outcome->error().kind, FailureClass::in_doubt);
  EXPECT_FALSE(emulator_.log().front().applied);
  emulator_.set_outage_until(now_);
  const auto after = send_create();
  time_.run();
  EXPECT_EQ((*after->outcome)->status, 201);
}

TEST_F(InProcess, NothingIsSentWhenTheDeadlineIsAlreadyOver) {
  const auto sent = send_create(Millis{0});
  time_.run();
  EXPECT_EQ(sent->outcome->error().kind, FailureClass::transient);
  EXPECT_TRUE(emulator_.log().empty());
}

TEST_F(InProcess, AWrongKeyIsAnswered401) {
  EmulatorTransport stranger{world_, time_, {.name = "x", .api_key = "sk_live_x"}};
  std::optional<Result<HttpResponse>> outcome;
  const auto ask = [&]() -> Task<void> {
    outcome = co_await stranger.send({.target = "/organizations"}, time_.now() + 1s);
  };
  boost::asio::co_spawn(context_, ask(), boost::asio::detached);
  time_.run();
  EXPECT_EQ((**outcome).status, 401);
}

TEST_F(InProcess, AChooserDecidesBeforeTheRules) {
  fault(FaultAction::reset);
  emulator_.choose_faults([](const HttpRequest&, const std::string& caller) {
    return caller == "worker 1"
               ? std::optional<FaultRule>{{.action = FaultAction::status, .status = 500}}
               : std::nullopt;
  });
  const auto sent = send_create();
  time_.run();
  EXPECT_EQ((*sent->outcome)->status, 500);
}

// The same seed gives the same run: ids, latencies and faults.
TEST(InProcessRuns, WithOneSeedAreEqual) {
  const auto run = [](std::uint64_t seed) {
    EmulatorOptions options{.seed_text = R"({"organizations":[{"id":"org_a","name":"A"}]})"};
    options.model.random_seed = seed;
    Emulator emulator{options};
    emulator.faults().add({.action = FaultAction::reset, .probability = 0.3});
    boost::asio::io_context context{1};
    VirtualTime time{context};
    EmulatorWorld world{.emulator = emulator,
                        .clock = time,
                        .executor = context.get_executor(),
                        .there = {1ms, 50ms},
                        .chance = Chance{seed}};
    EmulatorTransport transport{world, time, {}};
    std::string story;
    const auto ask = [&](int number) -> Task<void> {
      const auto outcome = co_await transport.send(
          {.method = "POST",
           .target = "/authorization/organizations/org_a/roles",
           .body = R"({"slug":"org-)" + std::to_string(number) + R"(","name":"R"})"},
          time.now() + 10s);
      story += outcome ? outcome->body : outcome.error().code;
    };
    for (int number = 0; number < 40; ++number)
      boost::asio::co_spawn(context, ask(number), boost::asio::detached);
    time.run();
    return story;
  };
  EXPECT_EQ(run(7), run(7));
  EXPECT_NE(run(7), run(8));
}

}  // namespace
}  // namespace rolecall::emulator
