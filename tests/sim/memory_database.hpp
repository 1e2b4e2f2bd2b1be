// memory_database.hpp -- durable state in memory, for workers, applications and operators.
// Owns:    all rows. Several stores share one database; every call is one transaction.
// Thread:  one.
// Fails:   worker functions do not; what a connection adds to that is MemoryStore's.
// Never:   reads another clock than the one it was given.
#pragma once
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/fair_turns.hpp"
#include "tests/sim/memory_budgets.hpp"
#include "tests/sim/memory_tables.hpp"
#include "tests/sim/watcher.hpp"
#include "worker/clock.hpp"

namespace rolecall::sim {

class MemoryDatabase {
 public:
  MemoryDatabase(const Clock& clock, WallTime epoch, Settings settings = {}, Defects defects = {});
  MemoryDatabase(const MemoryDatabase&) = delete;
  MemoryDatabase& operator=(const MemoryDatabase&) = delete;
  WallTime now() const;
  void watch(DatabaseWatcher& watcher) { watcher_ = &watcher; }

  // Applications
  OutboxId mutate(const Mutation& mutation);
  OutboxId next_outbox_id() const { return OutboxId{last_outbox_ + 1}; }
  // An application's transaction is open that holds the subject; quiet: it decided not to notify.
  void lock_subject(const Subject& subject);
  void unlock_subject(const Subject& subject);
  // The role whose permissions these are was deleted: they end with it.
  void end_permissions(const Subject& permissions) { ended_permissions_.insert(permissions); }
  // The mirror follows a state that the reducer adopted.
  std::function<void(const Subject&, const std::string& kind, const JsonText& desired)>
      on_adopted{};
  // A role that somebody made at WorkOS becomes the application's; answers its subject.
  std::function<Subject(const StreamEvent&)> on_role_entered{};
  // Operators; each answers whether it changed something.
  bool retry(const Subject& subject);
  bool hold(const Subject& subject);
  bool release(const Subject& subject);
  bool cancel(const Subject& subject);
  void pause_provider();
  void resume_provider();
  void request_look(const Subject& subject);  // a read is due now
  void start_events(WallTime since);          // the cursor is set back to there
  void lock_lane(const Subject& subject) { locked_lanes_.insert(subject); }
  void unlock_lane(const Subject& subject) { locked_lanes_.erase(subject); }

  // Worker functions (tests/contract holds them and the SQL ones to the same expectations)
  WorkerId open_session(bool locks);
  bool verify_session(WorkerId worker);
  void close_session(WorkerId worker);
  void lose_lock(WorkerId worker);  // the connection ended: the server freed its advisory lock
  // `places`: where the caller's last walks over organizations ended; told where these do.
  int take_in(int limit, Places& places);
  LeaseBatch lease_due(const LeaseRequest& request, Places& places);
  std::vector<Settled> settle(WorkerId worker, const std::vector<Settlement>& settlements);
  int wake(int limit);
  RescueReport rescue(WorkerId worker);
  std::vector<Reduced> reduce(int limit, const Reducer& reducer);
  std::vector<Verification> take_verifications(WorkerId worker, int limit);
  bool record_read(const RecordedRead& read);
  PullGrant take_pull(WorkerId worker);
  RecordedPage record_events(WorkerId worker, const PullTask& task, const PulledPage& page);
  void fail_pull(WorkerId worker, Millis retry);
  ProviderMode report_provider(const ProviderReport& report);
  NextDue next_due(WorkerId worker) const;
  MemoryBudgets& budgets() { return budgets_; }
  int maintain();
  bool begin_sleep(WorkerId worker);
  void end_sleep(WorkerId worker);
  std::int64_t listen(std::function<void()> wake_up);
  void stop_listening(std::int64_t listener) { listeners_.erase(listener); }

  const MemoryTables& tables() const { return t_; }
  const Settings& settings() const { return settings_; }

 private:
  OutboxId publish(const Mutation& mutation, bool touch);
  void notify();
  std::optional<Wait> first_unmet(const std::vector<Wait>& waits) const;
  bool met(const Wait& wait) const;
  void want(const Subject& subject, const OutboxRow& row, int urgency, OutboxId oldest);
  bool grant_one_probe(Millis first, Millis last);
  bool may_lease(LeaseBatch& batch, int& limit);
  std::vector<std::pair<int, OutboxId>> choose_rows(int limit, Places& places) const;
  std::vector<Subject> choose_due(const LeaseRequest& request, int limit, Places& places) const;
  Lease lease_one(const Subject& subject, const LeaseRequest& request);
  Operation operation_for(const Subject& subject, const LaneRow& lane) const;
  Millis quarantine_left(const Subject& subject, const SendRow& send) const;
  bool is_confirmed(const Subject& subject) const;
  bool is_anothers(const Subject& subject, const std::string& incarnation) const;
  std::vector<std::string> ended_slugs(const SubjectRow& member) const;
  std::vector<std::string> unready_slugs(const LaneRow& lane) const;
  std::vector<std::string> unready_heirs(const std::string& kind, const JsonText& desired) const;
  void return_probe(const std::vector<Settlement>& settlements);
  SettleResult settle_one(const Settlement& s);
  void settle_lane(const Subject& subject, LaneRow& lane, const Settlement& s);
  void owe_after(const Subject& subject, LaneRow& lane, Version said);
  void settle_send(const Settlement& s, bool fenced);
  void count_up_time(LaneRow& lane);
  void honour_request(LaneRow& lane);
  void free_lane(const Subject& subject, LaneRow& lane, std::string_view why);
  ObservedRow& observed_of(const Subject& subject);
  SubjectFacts facts_of(const Subject& subject) const;
  std::optional<ReadFact> read_of(const Subject& subject) const;
  Reduced apply(const Subject& subject, const SubjectFacts& facts, const Reduction& reduction);
  void set_verification(const Subject& subject, const Reduction& reduction);
  void apply_to_lane(const Subject& subject, const Reduction& reduction);
  void reach(const Subject& subject, const SubjectRow& row);
  void apply_events(const Subject& subject, const Reduction& reduction, Reduced& told);
  void route_member(const InboxRow& row);
  void route_roles();
  RouteOfEvent route_of(const InboxRow& row);
  RouteOfEvent route_of_permissions(const InboxRow& row) const;
  bool may_be_made_by(const Subject& subject, const InboxRow& row) const;
  bool made_by(const Subject& subject, const InboxRow& row) const;
  const Subject* former_of(const InboxRow& row) const;
  RouteOfEvent without_live_role(const InboxRow& row);
  bool is_behind_another(const InboxRow& row) const;
  void give(const Subject& subject, const InboxRow& row);
  void read_to(WallTime begun_at);
  void mark_up_time();
  bool provider_up() const;
  bool locked(const Subject& subject) const { return locked_lanes_.contains(subject); }
  bool role_ended(const Subject& subject) const { return ended_permissions_.contains(subject); }

  const Clock& clock_;
  WallTime epoch_;
  Settings settings_;
  Defects defects_;
  DatabaseWatcher nobody_{};
  DatabaseWatcher* watcher_ = &nobody_;
  MemoryTables t_{};
  MemoryBudgets budgets_{};
  std::set<Subject> locked_lanes_{}, ended_permissions_{};
  std::map<Subject, bool> locked_subjects_{};  // -> quiet
  std::set<WorkerId> sleepers_{};
  std::map<std::int64_t, std::function<void()>> listeners_{};
  std::int64_t last_listener_ = 0, last_outbox_ = 0, last_token_ = 0, last_send_ = 0,
               last_session_ = 0;
};

}  // namespace rolecall::sim
