// store_contract.hpp -- what every Store promises, stated once and held against each of them.
// Owns:    World: one fresh store with the application's and the operator's side of its database.
// Thread:  one; a World drives its own io_context.
// Fails:   throws when a call of the store fails where the expectation says it does not.
// Never:   sleeps: pass() moves the database's time.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "outbox/store.hpp"
#include "tests/support/loop.hpp"

namespace rolecall::contract {

struct Wait {
  std::string subject;
  std::int64_t version = 0;
};

struct Change {
  std::string subject;
  std::string organization = "o1";
  std::string kind;
  JsonText desired;
  int priority = 1;
  std::vector<Wait> waits{};
};

struct LaneView {
  std::string state;  // "" when there is none
  std::int64_t wanted = 0;
  std::int64_t delivered = 0;
  int attempts = 0;
  int leases = 0;
  int priority = 0;
  bool waits = false;
  bool looking = false;
  std::string failure_class;
  std::string failure_code;
  bool operator==(const LaneView&) const = default;
};

struct SendView {
  std::string operation;
  std::int64_t version = 0;
  std::string state;
  bool operator==(const SendView&) const = default;
};

// One store and all that stands around it. Worlds differ; what is expected of them does not.
class World {
 public:
  virtual ~World() = default;
  virtual Store& store() = 0;
  virtual testing::Loop& loop() = 0;
  virtual void pass(Millis time) = 0;

  // The application: one transaction, committed. Answers the outbox id.
  virtual std::int64_t mutate(const Change& change) = 0;

  // An operator's open transaction that holds the lane, until unlock_lane.
  virtual void lock_lane(const std::string& subject) = 0;
  virtual void unlock_lane(const std::string& subject) = 0;
  virtual void retry(const std::string& subject) = 0;
  virtual void hold(const std::string& subject) = 0;
  virtual void release(const std::string& subject) = 0;
  virtual void cancel(const std::string& subject) = 0;
  virtual void pause_provider() = 0;
  virtual void resume_provider() = 0;
  // WorkOS allows so many calls in so long, all of them ours.
  virtual void limit_calls(RateClass rate_class, int calls, Millis in) = 0;

  // The worker's process is gone: its connection ends, nothing is said. The store stays usable.
  virtual void lose_session(WorkerId worker) = 0;

  virtual LaneView lane(const std::string& subject) = 0;
  virtual std::vector<SendView> sends(const std::string& subject) = 0;  // oldest first
  virtual std::int64_t outbox_rows() = 0;
  virtual std::int64_t version(const std::string& subject) = 0;    // of subjects
  virtual std::int64_t confirmed(const std::string& subject) = 0;  // of observed
  virtual bool reduce_due(const std::string& subject) = 0;
  virtual std::string reduce_failure(const std::string& subject) = 0;
};

using MakeWorld = std::function<std::unique_ptr<World>()>;
// Each kind of world registers itself from its own file, by a static object.
struct Registration {
  Registration(std::string name, MakeWorld make);
};
struct NamedWorld {
  std::string name;
  MakeWorld make;
};
void PrintTo(const NamedWorld& world, std::ostream* out);
std::vector<NamedWorld>& registered_worlds();

// The fixture: short verbs over the store, so that a test reads as what happens.
class StoreContract : public ::testing::TestWithParam<NamedWorld> {
 protected:
  World& world();
  WorkerId open_session();
  int take_in(int limit = 100);
  LeaseBatch lease_batch(WorkerId worker, int limit = 10, std::vector<std::string> kinds = {});
  std::vector<Lease> lease(WorkerId worker, int limit = 10);
  Lease lease_one(WorkerId worker);  // exactly one, or the test fails
  SettleResult settle(WorkerId worker, const Settlement& settlement);
  int wake();
  RescueReport rescue(WorkerId worker);
  std::vector<Reduced> reduce(Reducer reducer);
  // Reduces with a reducer that keeps all as it is, and answers the facts it was shown.
  std::vector<SubjectFacts> facts();
  std::vector<Verification> verifications(WorkerId worker, int limit = 100);
  bool record(const Verification& asked, const Observation& shown);
  ProviderMode report(WorkerId worker, ProviderReport report);
  NextDue next_due(WorkerId worker);
  TokenBlock take_tokens(RateClass rate_class, int want);
  void report_throttle(const Throttle& throttle);
  IdleLook idle_look(WorkerId worker, bool maintain = false);

  // Delivered with this answer and reduced: the subject is there from now on.
  void deliver(WorkerId worker, const Lease& lease, const std::string& incarnation);

 private:
  std::unique_ptr<World> world_;
};

// Documents and settlements as workflows make them.
JsonText role(const std::string& slug, const std::string& name = "X");
JsonText member(const std::string& user, const std::string& roles);  // roles: "\"a\",\"b\""
Change push_role(const std::string& slug, const std::string& name = "X");
Change remove_role(const std::string& slug);
Change push_member(const std::string& user, const std::string& roles = "\"member\"");
std::string role_subject(const std::string& slug);
std::string member_subject(const std::string& user);

Settlement settlement(const Lease& lease, Outcome outcome, SendFate fate, Millis delay = Millis{0});
Settlement failed(const Lease& lease, Outcome outcome, SendFate fate, FailureClass failure,
                  Millis delay = Millis{0});
Settlement delivered(const Lease& lease, const Observation& answer);
Observation present(const std::string& incarnation, const JsonText& value,
                    const std::string& updated_at = "2025-01-01T00:00:00.000Z");
// What a reducer answers that changes nothing.
Reduction unchanged(const SubjectFacts& facts);

}  // namespace rolecall::contract
