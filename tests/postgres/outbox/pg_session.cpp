// The session: its locks, its end, and how a sleeping worker is woken.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "outbox/pg/pg_store.hpp"
#include "tests/support/loop.hpp"
#include "tests/support/postgres.hpp"
#include "tests/support/session_state.hpp"

namespace rolecall {
namespace {

using testing::Loop;
using testing::TestDatabase;

class PgSession : public ::testing::Test {
 protected:
  // PgPollOnly is what runs through a pooler.
  void SetUp() override { NEEDS_SESSION_STATE("locks and LISTEN"); }
  std::unique_ptr<Store> make() { return make(database_.url(), false); }
  std::unique_ptr<Store> make(const std::string& url, bool poll_only) {
    return make_pg_store({.database_url = url,
                          .connections = 2,
                          .poll_only = poll_only,
                          .executor = loop_.executor()});
  }
  Result<WorkerId> try_open(Store& store) {
    SessionRequest request{.program_version = "0.1.0", .host = "here", .process_id = 7};
    return loop_.run(store.open_session(request));
  }
  WorkerId open(Store& store) { return try_open(store).value(); }
  Result<bool> verify(Store& store, WorkerId worker) {
    return loop_.run(store.verify_session(worker));
  }
  bool begin_sleep(Store& store, WorkerId worker) {
    return loop_.run(store.begin_sleep(worker)).value();
  }
  void end_sleep(Store& store, WorkerId worker) { ASSERT_TRUE(loop_.run(store.end_sleep(worker))); }
  std::string holders(int key, WorkerId worker) {
    return database_.value(fmt::format(
        "select count(*) from pg_locks where locktype = 'advisory' and classid = {} and objid = {} "
        "and mode = 'ExclusiveLock' and granted and database = "
        "(select oid from pg_database where datname = current_database())",
        key, worker.number()));
  }
  void end_connection_of(WorkerId worker) {
    database_.sql(
        fmt::format("select pg_terminate_backend(pid) from pg_locks where locktype = "
                    "'advisory' and classid = 7071 and objid = {} and database = "
                    "(select oid from pg_database where datname = current_database())",
                    worker.number()));
    while (holders(7071, worker) != "0") {
    }
  }
  void enqueue_in(Database& application) {
    ASSERT_TRUE(application.run("select rolecall.wake_workers()"));
  }

  TestDatabase database_;
  Loop loop_;
};

TEST_F(PgSession, HoldsTheLockOfItsIdWhileItLives) {
  auto store = make();
  const WorkerId worker = open(*store);
  EXPECT_EQ(holders(7071, worker), "1");
  EXPECT_EQ(database_.value("select locks from rolecall.worker_sessions where id = $1",
                            {std::to_string(worker.number())}),
            "t");
  EXPECT_TRUE(verify(*store, worker).value());
}

TEST_F(PgSession, WhoseConnectionEndedIsOverAndTheNextHasAnotherId) {
  auto store = make();
  const WorkerId worker = open(*store);
  end_connection_of(worker);
  EXPECT_FALSE(verify(*store, worker).value());
  const WorkerId next = open(*store);
  EXPECT_NE(next, worker);
  EXPECT_FALSE(verify(*store, worker).value());
  EXPECT_TRUE(verify(*store, next).value());
}

TEST_F(PgSession, ThatWasRetiredDoesNotVerify) {
  auto store = make();
  const WorkerId worker = open(*store);
  database_.sql(
      "update rolecall.worker_sessions set retired_at = clock_timestamp(), "
      "retired_because = 'lost'");
  EXPECT_FALSE(verify(*store, worker).value());
}

TEST_F(PgSession, IsUnverifiedWhenTheDatabaseDoesNotAnswerInHalfASecond) {
  auto store = make();
  const WorkerId worker = open(*store);
  auto blocker = database_.connect();
  ASSERT_TRUE(
      blocker.script("begin; lock table rolecall.worker_sessions in access exclusive mode"));
  const auto verified = verify(*store, worker);
  ASSERT_TRUE(verified.has_error());
  EXPECT_EQ(verified.error().kind, FailureClass::unavailable);
  EXPECT_EQ(verified.error().code, "no_answer");
  ASSERT_TRUE(blocker.script("rollback"));
  EXPECT_TRUE(verify(*store, worker).value());
}

TEST_F(PgSession, GivesItsLockBackWhenItIsClosed) {
  auto store = make();
  const WorkerId worker = open(*store);
  ASSERT_TRUE(loop_.run(store->close_session(worker)));
  while (holders(7071, worker) != "0") {
  }
  EXPECT_EQ(database_.value("select retired_because from rolecall.worker_sessions"), "closed");
  EXPECT_FALSE(verify(*store, worker).value());
}

TEST_F(PgSession, SleepsUntilAnEnqueuerNotifies) {
  auto store = make();
  int woken = 0;
  store->on_notification([&woken] { ++woken; });
  const WorkerId worker = open(*store);
  ASSERT_TRUE(begin_sleep(*store, worker));
  EXPECT_EQ(holders(7072, WorkerId(0)), "1");
  auto application = database_.connect();
  enqueue_in(application);
  loop_.run_until([&] { return woken > 0; });
  end_sleep(*store, worker);
  EXPECT_EQ(holders(7072, WorkerId(0)), "0");
}

TEST_F(PgSession, HearsANotificationThatComesTogetherWithAnAnswer) {
  auto store = make();
  int woken = 0;
  store->on_notification([&woken] { ++woken; });
  const WorkerId worker = open(*store);
  ASSERT_TRUE(begin_sleep(*store, worker));
  auto blocker = database_.connect();
  ASSERT_TRUE(
      blocker.script("begin; lock table rolecall.worker_sessions in access exclusive mode"));
  EXPECT_TRUE(verify(*store, worker).has_error());  // still waits on the session's connection
  auto application = database_.connect();
  enqueue_in(application);
  ASSERT_TRUE(blocker.script("rollback"));
  loop_.run_until([&] { return woken > 0; }, std::chrono::seconds(5));
}

TEST_F(PgSession, WakesItsWorkerWhenItsIdleConnectionEnds) {
  auto store = make();
  int woken = 0;
  store->on_notification([&woken] { ++woken; });
  const WorkerId worker = open(*store);
  ASSERT_TRUE(begin_sleep(*store, worker));
  end_connection_of(worker);
  loop_.run_until([&] { return woken > 0; });
  EXPECT_FALSE(verify(*store, worker).value());
}

TEST_F(PgSession, IsNotToldWhileItIsAwake) {
  auto store = make();
  int woken = 0;
  store->on_notification([&woken] { ++woken; });
  const WorkerId worker = open(*store);
  auto application = database_.connect();
  enqueue_in(application);
  // A notification would have come before the answer to a later question on the same connection.
  ASSERT_TRUE(verify(*store, worker).value());
  EXPECT_EQ(woken, 0);
}

TEST_F(PgSession, DoesNotSleepWhileAnEnqueuerThatWillNotNotifyIsOpen) {
  auto store = make();
  const WorkerId worker = open(*store);
  auto application = database_.connect();
  ASSERT_TRUE(application.script("begin"));
  enqueue_in(application);
  EXPECT_FALSE(begin_sleep(*store, worker));
  ASSERT_TRUE(application.script("commit"));
  EXPECT_TRUE(begin_sleep(*store, worker));
}

TEST_F(PgSession, SleepsBesideAnotherThatSleepsAndBothAreWoken) {
  auto first = make();
  auto second = make();
  int woken_first = 0;
  int woken_second = 0;
  first->on_notification([&] { ++woken_first; });
  second->on_notification([&] { ++woken_second; });
  const WorkerId one = open(*first);
  const WorkerId two = open(*second);
  EXPECT_TRUE(begin_sleep(*first, one));
  EXPECT_TRUE(begin_sleep(*second, two));
  EXPECT_EQ(holders(7072, WorkerId(0)), "1");
  auto application = database_.connect();
  enqueue_in(application);
  loop_.run_until([&] { return woken_first > 0 && woken_second > 0; });
}

TEST_F(PgSession, TakesTheSleepLockOnceHoweverOftenItIsAsked) {
  auto store = make();
  const WorkerId worker = open(*store);
  EXPECT_TRUE(begin_sleep(*store, worker));
  EXPECT_TRUE(begin_sleep(*store, worker));
  end_sleep(*store, worker);
  EXPECT_EQ(holders(7072, WorkerId(0)), "0");
}

TEST_F(PgSession, ThatWasLostCannotSleep) {
  auto store = make();
  const WorkerId worker = open(*store);
  end_connection_of(worker);
  const auto asked = loop_.run(store->begin_sleep(worker));
  ASSERT_TRUE(asked.has_error());
  EXPECT_EQ(asked.error().code, "session_lost");
}

// Start-up options do not pass a pooler, so the timeout is the database role's.
class PgPollOnly : public PgSession {
 protected:
  void SetUp() override {}
};

TEST_F(PgPollOnly, UsesNoSessionStateAtAll) {
  auto store = make(database_.pooled().url(), true);
  const WorkerId worker = open(*store);
  EXPECT_EQ(holders(7071, worker), "0");
  EXPECT_EQ(database_.value("select locks from rolecall.worker_sessions"), "f");
  EXPECT_TRUE(verify(*store, worker).value());
  EXPECT_TRUE(begin_sleep(*store, worker));
  EXPECT_EQ(holders(7072, WorkerId(0)), "0");
  end_sleep(*store, worker);
  ASSERT_TRUE(loop_.run(store->close_session(worker)));
  EXPECT_FALSE(verify(*store, worker).value());
}

TEST_F(PgPollOnly, RefusesADatabaseWithoutAStatementTimeout) {
  auto store = make(database_.pooled(Millis{0}).url(), true);
  const auto opened = try_open(*store);
  ASSERT_TRUE(opened.has_error());
  EXPECT_EQ(opened.error().kind, FailureClass::bad_input);
  EXPECT_NE(opened.error().detail.find("ALTER ROLE"), std::string::npos);
}

}  // namespace
}  // namespace rolecall
