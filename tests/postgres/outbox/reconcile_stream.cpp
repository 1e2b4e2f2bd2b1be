// What a pass is told of the event stream: whether it reached past an answer, and what it told that
// is not applied yet. And the fence between two passes, as both write.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/postgres.hpp"

namespace rolecall::testing {
namespace {

// acme is org_1. user_a is shown as a member; nobody here knows that person.
class ReconcileStream : public ::testing::Test {
 protected:
  ReconcileStream() {
    db.sql("select rolecall.upsert_organization('acme', 'Acme', 'org_1')");
    db.sql("select rolecall.upsert_global_role('member', 'Member')");
    pass = begin();
  }
  std::string value(const std::string& sql, const Params& params = {}) {
    return db.value(sql, params);
  }
  std::string begin() {
    return value("select rolecall.begin_reconcile_v1('acme', 'a test') ->> 'pass'");
  }
  std::string page_sql(const std::string& ended_at) const {
    return fmt::format(
        "select rolecall.reconcile_page_v1('acme', {}, jsonb_build_array(jsonb_build_object("
        "'family', 'member', 'name', 'user_a', 'begun_at', '2026-03-01T00:00:00Z', 'ended_at', "
        "'{}', 'shown', jsonb_build_object('incarnation', 'om_a', 'created_at', "
        "'2026-01-01T00:00:00Z', 'updated_at', '2026-02-01T00:00:00Z', 'status', 'active', "
        "'directory_managed', false, 'value', '{{\"organization\": \"org_1\", \"user\": "
        "\"user_a\", \"roles\": [\"member\"]}}'::jsonb))))",
        pass, ended_at);
  }
  // What the candidate has at this key.
  std::string told(const std::string& key, const std::string& ended_at = "") {
    return value("select (" + page_sql(ended_at) + ") #>> $1::text[]",
                 {"{candidates,0," + key + "}"});
  }
  void event_of_user_a() {
    db.sql(
        "insert into rolecall.inbox (event_id, family, type, at, workos_organization_id, name, "
        "organization_id) values ('event_1', 'member', 'organization_membership.created', "
        "'2026-02-01T00:00:00Z', 'org_1', 'user_a', 'acme')");
  }

  TestDatabase db{};
  std::string pass;
};

TEST_F(ReconcileStream, AnAnswerHasComeWhenItIsComparedFirst) {
  EXPECT_EQ(value("select $1::timestamptz between now() - interval '1 min' and clock_timestamp()",
                  {told("ended_at")}),
            "t");
  EXPECT_EQ(told("ended_at", "2026-03-01T00:00:05.000000Z"), "2026-03-01T00:00:05.000000Z")
      << "and had come then, when it is compared once more";
}

TEST_F(ReconcileStream, ItIsBehindUntilItReachedPastTheAnswer) {
  const std::string ended_at = "2026-03-01T00:01:00.000000Z";
  EXPECT_EQ(told("stream_behind", ended_at), "false") << "it is off";
  db.sql("select rolecall.start_events()");
  EXPECT_EQ(told("stream_behind", ended_at), "true");
  // Past the question, and the visibility of 30 s.
  db.sql("update rolecall.event_stream set pulled_at = '2026-03-01 00:00:30+00'");
  EXPECT_EQ(told("stream_behind", ended_at), "true");
  db.sql("update rolecall.event_stream set pulled_at = '2026-03-01 00:01:30+00'");
  EXPECT_EQ(told("stream_behind", ended_at), "false");
}

TEST_F(ReconcileStream, AnEventOfAStrangerIsOnItsWay) {
  EXPECT_EQ(told("unreduced"), "false");
  event_of_user_a();
  EXPECT_EQ(told("known"), "false");
  EXPECT_EQ(told("unreduced"), "true");
  EXPECT_EQ(told("reduce_failure"), "");
  db.sql("update rolecall.inbox set applied_at = now(), outcome = 'external_join'");
  EXPECT_EQ(told("unreduced"), "false");
}

TEST_F(ReconcileStream, AnEventBehindOneThatCannotBeAppliedIsNotOnItsWay) {
  event_of_user_a();
  db.sql(
      "insert into rolecall.workos_organization_syncs (workos_organization_id, "
      "last_event_id, parked_seq, parked_reason, parked_at) values ('org_1', '', 1, 'no such "
      "thing', now()) on conflict "
      "(workos_organization_id) do update set parked_seq = 1, parked_reason = 'no such thing', "
      "parked_at = now()");
  EXPECT_NE(told("reduce_failure").find("no such thing"), std::string::npos);
}

TEST_F(ReconcileStream, APassWritesNothingWhileANewerOneBegins) {
  auto newer = db.connect();
  ASSERT_TRUE(newer.script("begin; select rolecall.begin_reconcile_v1('acme', 'another')"));
  EXPECT_EQ(value("select (" + page_sql("") + ") ->> 'fenced'"), "true");
  ASSERT_TRUE(newer.script("commit"));
  EXPECT_EQ(value("select (" + page_sql("") + ") ->> 'fenced'"), "true");
  EXPECT_EQ(value("select count(*) from rolecall.reconcile_notes where found"), "0")
      << "the notes are the newer one's";
}

TEST_F(ReconcileStream, ANewerOneBeginsWhenWhatIsBeingWrittenIsWritten) {
  auto older = db.connect();
  ASSERT_TRUE(older.script("begin; " + page_sql("")));
  auto newer = db.connect();
  ASSERT_TRUE(newer.script("set lock_timeout = '50ms'"));
  const auto refused = newer.run("select rolecall.begin_reconcile_v1('acme', 'another')");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "55P03") << refused.error().detail;
  ASSERT_TRUE(older.script("commit"));
  EXPECT_TRUE(newer.run("select rolecall.begin_reconcile_v1('acme', 'another')"));
}

}  // namespace
}  // namespace rolecall::testing
