// The documents that pass between C++ and SQL: what is odd in them, and who may send them.
#include <gtest/gtest.h>

#include "outbox/pg/facts_json.hpp"
#include "outbox/pg/json_writer.hpp"
#include "outbox/pg/lease_json.hpp"
#include "outbox/pg/pg_store.hpp"
#include "tests/support/loop.hpp"
#include "tests/support/postgres.hpp"

namespace rolecall {
namespace {

using testing::Loop;
using testing::TestDatabase;

TEST(Documents, TextThatPostgresRefusesIsReplacedAndNotLost) {
  EXPECT_EQ(fit_for_database("plain \xC3\xA9"), "plain \xC3\xA9");
  EXPECT_EQ(fit_for_database(std::string("a\0b", 3)),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(fit_for_database("cut \xC3"), "cut \xEF\xBF\xBD");
  EXPECT_EQ(fit_for_database("\xFFx"), "\xEF\xBF\xBDx");
}

TEST(Documents, ADesiredStateThatIsNoJsonIsABug) {
  Settlement odd{.subject = Subject("s"), .token = LeaseToken(1), .send = SendId(1)};
  odd.answer = Observation{.value = "{not json"};
  const auto document = document_of(std::vector<Settlement>{odd});
  ASSERT_TRUE(document.has_error());
  EXPECT_EQ(document.error().kind, FailureClass::bug);
}

TEST(Documents, AnAnswerThatIsNotAsPromisedIsABugAndNoCrash) {
  for (const auto* odd : {"", "[]", "null", "{}", "{\"provider\":\"odd\"}", "<html>",
                          "{\"leases\":7}", "{\"provider\":\"up\",\"leases\":[{}]}"}) {
    EXPECT_TRUE(lease_batch_of(odd).has_error()) << odd;
    EXPECT_TRUE(walked_number_of(odd, "moved").has_error()) << odd;
    EXPECT_TRUE(facts_of(odd).has_error()) << odd;
    EXPECT_TRUE(verification_of(odd).has_error()) << odd;
  }
}

TEST(Documents, NullFieldsReadAsNone) {
  const auto facts = facts_of(
      R"({"subject":"s","now":"2025-01-01T00:00:00.000000Z","desired":{"a":1},"lane":null,)"
      R"("incarnation":null,"seen":null,"read":null,"sends":null,"touched":null})");
  ASSERT_TRUE(facts) << facts.error().detail;
  EXPECT_FALSE(facts->lane);
  EXPECT_FALSE(facts->incarnation);
  EXPECT_FALSE(facts->seen);
  EXPECT_FALSE(facts->read);
  EXPECT_TRUE(facts->sends.empty());
  EXPECT_EQ(facts->desired, R"({"a":1})");
}

// Two roles, leased and answered.
class PgReduce : public ::testing::Test {
 protected:
  std::unique_ptr<Store> make(const std::string& url, Millis statement_timeout = Millis{5'000}) {
    return make_pg_store({.database_url = url,
                          .connections = 1,
                          .statement_timeout = statement_timeout,
                          .poll_only = testing::through_pooler(),
                          .executor = loop_.executor()});
  }
  void enqueue(const std::string& slug) {
    const std::string desired =
        R"({"organization":"org_1","slug":")" + slug + R"(","name":"X","description":null})";
    database_.sql("begin");
    database_.sql("select rolecall.bump($1, 'o1', 'role.push', $2::jsonb)",
                  {"role:" + slug, desired});
    database_.sql(
        "select rolecall.publish($1, 'o1', 'role.push', $2::jsonb, '{}', 1, 'a test', null, true)",
        {"role:" + slug, desired});
    database_.sql("commit");
  }
  std::vector<Lease> lease(Store& store, WorkerId worker) {
    LeaseRequest request{.worker = worker, .limit = 10, .kinds = {"role.push"}};
    return loop_.run(store.lease_due(request)).value().leases;
  }
  WorkerId open(Store& store) {
    SessionRequest request{.program_version = "0.1.0", .host = "here", .process_id = 7};
    return loop_.run(store.open_session(request)).value();
  }
  static Settlement answered(const Lease& lease) {
    Settlement out{.subject = lease.subject,
                   .token = lease.token,
                   .send = lease.send,
                   .outcome = Outcome::delivered,
                   .fate = SendFate::answered};
    out.answer = Observation{
        .incarnation = "i", .updated_at = "2025-01-01T00:00:00.000Z", .value = lease.desired};
    return out;
  }

  TestDatabase database_;
  Loop loop_;
};

TEST_F(PgReduce, WhatTheDatabaseRefusesStopsNobodyElse) {
  auto store = make(database_.store_url());
  const WorkerId worker = open(*store);
  enqueue("org-a");
  enqueue("org-b");
  ASSERT_TRUE(loop_.run(store->take_in(10)));
  std::vector<Settlement> results;
  for (const auto& lease : lease(*store, worker)) results.push_back(answered(lease));
  ASSERT_TRUE(loop_.run(store->settle(worker, results)));
  Reducer reducer = [](const SubjectFacts& facts) -> Result<Reduction> {
    Reduction out;
    out.confirmed = facts.version;
    if (facts.subject == Subject("role:org-a"))
      out.next = NextRow{.kind = "no such kind!", .desired = facts.desired, .reason = "odd"};
    return out;
  };
  const auto reduced = loop_.run(store->reduce(10, reducer));
  ASSERT_TRUE(reduced) << reduced.error().detail;
  EXPECT_EQ(reduced->size(), 2U);
  const auto confirmed = [&](const std::string& subject) {
    return database_.value("select confirmed_version from rolecall.observed where subject = $1",
                           {subject});
  };
  EXPECT_EQ(confirmed("role:org-a"), "0");
  EXPECT_EQ(confirmed("role:org-b"), "1");
  EXPECT_NE(
      database_.value("select reduce_failure from rolecall.observed where subject = 'role:org-a'"),
      "");
}

TEST_F(PgReduce, ASubjectThatTakesLongerThanAStatementMayStopsNobodyElse) {
  constexpr Millis kSecond{1'000};
  auto store =
      make(testing::through_pooler() ? database_.pooled(kSecond).url() : database_.url(), kSecond);
  const WorkerId worker = open(*store);
  enqueue("org-a");
  enqueue("org-b");
  ASSERT_TRUE(loop_.run(store->take_in(10)));
  std::vector<Settlement> results;
  for (const auto& lease : lease(*store, worker)) results.push_back(answered(lease));
  ASSERT_TRUE(loop_.run(store->settle(worker, results)));
  database_.sql(
      "create function public.slow() returns trigger language plpgsql as "
      "$$ begin perform pg_sleep(60); return new; end $$");
  database_.sql(
      "create trigger slow before update on rolecall.observed for each row "
      "when (new.subject = 'role:org-a' and new.confirmed_version > old.confirmed_version) "
      "execute function public.slow()");
  Reducer reducer = [](const SubjectFacts& facts) -> Result<Reduction> {
    Reduction out;
    out.confirmed = facts.version;
    return out;
  };
  const auto reduced = loop_.run(store->reduce(10, reducer));
  ASSERT_TRUE(reduced) << reduced.error().detail;
  const auto observed = [&](const std::string& column, const std::string& subject) {
    return database_.value("select " + column + " from rolecall.observed where subject = $1",
                           {subject});
  };
  EXPECT_EQ(observed("confirmed_version", "role:org-b"), "1");
  EXPECT_EQ(observed("confirmed_version", "role:org-a"), "0");
  EXPECT_NE(observed("reduce_failure", "role:org-a").find("statement_timeout"), std::string::npos);
}

TEST_F(PgReduce, AFailureWithBytesThatAreNoTextIsSettled) {
  auto store = make(database_.store_url());
  const WorkerId worker = open(*store);
  enqueue("org-a");
  ASSERT_TRUE(loop_.run(store->take_in(10)));
  const auto leases = lease(*store, worker);
  Settlement odd{.subject = leases.at(0).subject, .token = leases[0].token, .send = leases[0].send};
  odd.failure = Failure{.kind = FailureClass::rejected,
                        .code = std::string("c\0de", 4),
                        .detail = "\xFF\xFE garbage"};
  std::vector<Settlement> results{odd};
  const auto settled = loop_.run(store->settle(worker, results));
  ASSERT_TRUE(settled) << settled.error().detail;
  EXPECT_EQ(settled->at(0).result, SettleResult::ok);
  ProviderReport report{.failed = 1, .detail = std::string("\xFF\0", 2)};
  EXPECT_TRUE(loop_.run(store->report_provider(worker, report)));
}

// What a worker's own database role needs, and no more, is granted.
TEST_F(PgReduce, TheWorkersDatabaseRoleMayDoAllThatAStoreDoes) {
  // The role has no timeout of its own, and what a connection asks for does not pass a pooler.
  database_.sql("alter database " + database_.name() + " set statement_timeout = '5s'");
  auto store = make(testing::through_pooler() ? database_.pooled_url_as("rolecall_worker")
                                              : database_.url_as("rolecall_worker"));
  const WorkerId worker = open(*store);
  enqueue("org-a");
  EXPECT_TRUE(loop_.run(store->verify_session(worker)));
  EXPECT_TRUE(loop_.run(store->next_due(worker)));
  EXPECT_TRUE(loop_.run(store->take_in(10)));
  const auto leases = lease(*store, worker);
  ASSERT_EQ(leases.size(), 1U);
  std::vector<Settlement> results{answered(leases[0])};
  EXPECT_TRUE(loop_.run(store->settle(worker, results)));
  Reducer reducer = [](const SubjectFacts&) -> Result<Reduction> {
    Reduction out;
    out.incarnation = "i";
    out.verify_in = Millis{0};
    out.verify_reason = "confirm";
    return out;
  };
  EXPECT_EQ(loop_.run(store->reduce(10, reducer)).value().at(0).audit.size(), 0U);
  EXPECT_TRUE(loop_.run(store->wake(10)));
  EXPECT_TRUE(loop_.run(store->rescue(worker)));
  const auto reads = loop_.run(store->take_verifications(worker, 10));
  ASSERT_TRUE(reads) << reads.error().detail;
  ASSERT_EQ(reads->size(), 1U);
  RecordedRead read{.asked = reads->at(0)};
  EXPECT_TRUE(loop_.run(store->record_read(read)));
  ProviderReport report{.answered = 1};
  EXPECT_TRUE(loop_.run(store->report_provider(worker, report)));
  const auto maintained = loop_.run(store->maintain(worker));
  EXPECT_TRUE(maintained) << maintained.error().detail;
  const auto partitions = loop_.run(store->keep_partitions());
  EXPECT_TRUE(partitions) << partitions.error().detail;
  EXPECT_TRUE(loop_.run(store->begin_sleep(worker)));
  EXPECT_TRUE(loop_.run(store->end_sleep(worker)));
  EXPECT_TRUE(loop_.run(store->close_session(worker)));
}

}  // namespace
}  // namespace rolecall
