// The pool: where work runs, how it comes back, and what happens when the server goes away.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <future>
#include <thread>

#include "outbox/pg/hop.hpp"
#include "outbox/pg/migrator.hpp"
#include "outbox/pg/pg_store.hpp"
#include "tests/support/loop.hpp"
#include "tests/support/postgres.hpp"

namespace rolecall {
namespace {

using testing::Loop;
using testing::TestCluster;
using testing::TestDatabase;

Task<std::thread::id> thread_after_a_hop(ConnectionThreads& threads, std::thread::id& worked_on) {
  Work<int> work = [&worked_on](Slot&) -> Result<int> {
    worked_on = std::this_thread::get_id();
    return 1;
  };
  static_cast<void>(co_await on_connection<int>(threads, std::move(work)));
  co_return std::this_thread::get_id();
}

TEST(ConnectionThreads, ComeBackToTheCallersThread) {
  Loop loop;
  ConnectionThreads threads(2, {});
  std::thread::id worked_on;
  EXPECT_EQ(loop.run(thread_after_a_hop(threads, worked_on)), std::this_thread::get_id());
  EXPECT_NE(worked_on, std::this_thread::get_id());
}

TEST(ConnectionThreads, TellWaitingJobsThatTheyAreClosing) {
  Loop loop;
  std::optional<Result<int>> second;
  {
    std::promise<void> let_go;
    ConnectionThreads threads(1, {});
    std::shared_future<void> gate = let_go.get_future().share();
    std::promise<void> entered;
    boost::asio::co_spawn(loop.executor(),
                          on_connection<int>(threads,
                                             [&, gate](Slot&) -> Result<int> {
                                               entered.set_value();
                                               gate.wait();
                                               return 1;
                                             }),
                          [](std::exception_ptr, Result<int>) {});
    boost::asio::co_spawn(loop.executor(),
                          on_connection<int>(threads, [](Slot&) -> Result<int> { return 2; }),
                          [&](std::exception_ptr, Result<int> r) { second = std::move(r); });
    bool both_posted = false;
    boost::asio::post(loop.executor(), [&] { both_posted = true; });
    loop.run_until([&] { return both_posted; });
    entered.get_future().wait();
    std::thread releaser([&] { let_go.set_value(); });
    releaser.join();
  }
  loop.run_until([&] { return second.has_value(); });
  EXPECT_TRUE(second->has_value() || second->error().code == "store_closed");
}

// The end comes after a job's answer and before its thread waits: what is read then is the end.
TEST(ConnectionThreads, TellThatAConnectionEndedDuringAJob) {
  TestDatabase database;
  Loop loop;
  std::promise<void> told;
  ConnectionThreads threads(1, [&told] { told.set_value(); });
  const auto string = ConnectionString::parse(database.url(), {});
  Work<int> work = [&](Slot& slot) -> Result<int> {
    auto ready = slot.ensure(string.value(), false);
    if (ready.has_error()) return ready.error();
    EXPECT_TRUE(slot.connection->listen());
    database.sql(
        "select pg_terminate_backend(pid, 10000) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()");
    return 1;
  };
  EXPECT_TRUE(loop.run(on_connection<int>(threads, std::move(work))));
  EXPECT_EQ(told.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
}

TEST(PgStore, SaysWhatIsWrongWithItsUrlAtTheFirstCall) {
  Loop loop;
  auto store = make_pg_store({.database_url = "this is=no 'url", .executor = loop.executor()});
  const auto taken = loop.run(store->take_in(1));
  ASSERT_TRUE(taken.has_error());
  EXPECT_EQ(taken.error().kind, FailureClass::bad_input);
  EXPECT_EQ(taken.error().code, "database_url");
}

TEST(PgStore, RunsAsManyStatementsAtOnceAsItHasConnections) {
  TestDatabase database;
  Loop loop;
  auto store = make_pg_store({.database_url = database.store_url(),
                              .connections = 3,
                              .poll_only = testing::through_pooler(),
                              .executor = loop.executor()});
  auto blocker = database.connect();
  ASSERT_TRUE(blocker.script("begin; lock table rolecall.outbox in access exclusive mode"));
  int answered = 0;
  for (int i = 0; i < 3; ++i)
    boost::asio::co_spawn(loop.executor(), store->take_in(1),
                          [&](std::exception_ptr, Result<int>) { ++answered; });
  bool posted = false;
  boost::asio::post(loop.executor(), [&] { posted = true; });
  loop.run_until([&] { return posted; });
  while (database.value("select count(*) from pg_locks where not granted and relation = "
                        "'rolecall.outbox'::regclass") != "3") {
  }
  ASSERT_TRUE(blocker.script("rollback"));
  loop.run_until([&] { return answered == 3; });
}

TEST(PgStore, TellsItsObserverOfEachRoundTrip) {
  struct Heard final : Observer {
    void on(const TraceEvent& event) override { events.push_back(event); }
    std::vector<TraceEvent> events{};
  };
  TestDatabase database;
  Loop loop;
  Heard heard;
  auto store = make_pg_store({.database_url = database.store_url(),
                              .connections = 3,
                              .poll_only = testing::through_pooler(),
                              .observer = &heard,
                              .executor = loop.executor()});
  ASSERT_TRUE(loop.run(store->take_in(1)));
  ASSERT_EQ(heard.events.size(), 1U);
  EXPECT_EQ(heard.events[0].what, Trace::statement);
  EXPECT_EQ(heard.events[0].code, "pg.take_in");
  EXPECT_EQ(heard.events[0].detail, "0/3");
  EXPECT_GT(heard.events[0].elapsed.count(), 0);
}

class PgStoreAndItsServer : public ::testing::Test {
 protected:
  PgStoreAndItsServer() { migrate(cluster_.url(), false, {}).value(); }
  std::unique_ptr<Store> make() {
    return make_pg_store(
        {.database_url = cluster_.url(), .connections = 1, .executor = loop_.executor()});
  }
  static std::chrono::steady_clock::time_point within_ten_seconds() {
    return std::chrono::steady_clock::now() + std::chrono::seconds(10);
  }
  // Until the pause after failed attempts is over.
  Result<int> take_in_until_it_answers(Store& store) {
    auto taken = loop_.run(store.take_in(1));
    for (const auto end = within_ten_seconds();
         taken.has_error() && std::chrono::steady_clock::now() < end;)
      taken = loop_.run(store.take_in(1));
    return taken;
  }

  TestCluster cluster_;
  Loop loop_;
};

TEST_F(PgStoreAndItsServer, WorksOnWhenTheServerWasRestartedMeanwhile) {
  auto store = make();
  ASSERT_TRUE(loop_.run(store->take_in(1)));
  cluster_.stop();
  cluster_.start();
  const auto taken = loop_.run(store->take_in(1));
  EXPECT_TRUE(taken) << taken.error().detail;
}

TEST_F(PgStoreAndItsServer, IsUnavailableWhileTheServerIsAwayAndComesBackWithIt) {
  auto store = make();
  ASSERT_TRUE(loop_.run(store->take_in(1)));
  cluster_.stop("immediate");
  const auto away = loop_.run(store->take_in(1));
  ASSERT_TRUE(away.has_error());
  EXPECT_EQ(away.error().kind, FailureClass::unavailable);
  const auto paused = loop_.run(store->take_in(1));
  ASSERT_TRUE(paused.has_error());
  EXPECT_EQ(paused.error().code, "database_unreachable");
  cluster_.start();
  const auto taken = take_in_until_it_answers(*store);
  EXPECT_TRUE(taken) << taken.error().code << ": " << taken.error().detail;
}

TEST_F(PgStoreAndItsServer, ASessionEndsWithTheServerAndANewOneOpens) {
  auto store = make();
  SessionRequest request{.program_version = "0.1.0", .host = "here", .process_id = 7};
  const auto worker = loop_.run(store->open_session(request));
  ASSERT_TRUE(worker);
  cluster_.stop("immediate");
  EXPECT_FALSE(loop_.run(store->verify_session(*worker)).value());
  EXPECT_TRUE(loop_.run(store->open_session(request)).has_error());
  cluster_.start();
  auto next = loop_.run(store->open_session(request));
  for (const auto end = within_ten_seconds();
       next.has_error() && std::chrono::steady_clock::now() < end;)
    next = loop_.run(store->open_session(request));
  ASSERT_TRUE(next) << next.error().detail;
  EXPECT_NE(*next, *worker);
}

}  // namespace
}  // namespace rolecall
