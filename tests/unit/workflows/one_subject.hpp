// one_subject.hpp -- one subject's durable state and its deliveries, against a SmallWorkos.
// Owns:    the subject, its lane, sends and observed state, as the database keeps them.
// Thread:  one test.
// Fails:   never; a test looks at what is left.
// Never:   reads a clock: the test moves `now`.
#pragma once

#include <memory>
#include <vector>

#include "tests/unit/workflows/small_workos.hpp"
#include "tests/unit/workflows/stories.hpp"
#include "workflows/intent.hpp"

namespace rolecall::stories {

// What happens to a mutating request on its way.
enum class Wire {
  answered,       // applied, and the answer arrives
  answer_lost,    // applied, in doubt
  request_lost,   // never applied, in doubt
  late,           // in doubt now, applied some time later
  refused,        // 429: not applied
  worker_killed,  // applied or not, the lease is rescued and nobody is told
};

class OneSubject {
 public:
  struct Settings {
    Family family = Family::member;
    bool multiple_roles = true;
    Millis visibility{3'000};
    Millis send_window{60'000};
  };
  explicit OneSubject(Settings settings);

  // The application's side.
  void mutate(const State& desired);

  // The worker's side. Each does one thing, if there is one to do.
  bool take_in();
  bool lease_and_say(Wire wire, Millis late_by = Millis{0});
  bool reduce_due();
  bool begin_read();
  bool finish_read();
  void nudge() { verify_at_ = now; }
  bool land_late(bool all);

  // Everything that is due, in turn and without faults, until nothing will ever be. False: no end.
  bool run_until_quiet();

  State desired() const;
  State at_workos() const;
  bool confirmed() const { return facts_.confirmed == facts_.version; }
  const std::vector<std::string>& verdicts() const { return verdicts_; }
  const std::vector<std::string>& events() const { return events_; }  // all of it, in words
  const SubjectFacts& facts() const { return facts_; }

  SmallWorkos workos{};
  WallTime now{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};

 private:
  struct Late {
    SendId send;
    HttpRequest request;
    WallTime at;
    bool tells;  // its answer reaches the database after all
  };
  struct Row {
    Version version;
    std::string kind;
    JsonText desired;
  };
  struct Reading {
    Version version;
    std::size_t sends;
    ReadFact read;
  };

  Lease lease();
  CallAnswer carry(const Lease& lease, const HttpRequest& request, Wire wire, Millis late_by);
  void settle(const Settlement& settlement);
  void answered(SendId send, const Observation& answer);
  void apply(const Reduction& reduction);
  void adopt(const Reduction& reduction);
  void close(SendId send);
  void note(std::string what);
  std::optional<WallTime> next_event() const;
  bool lane_is(LaneState state) const { return facts_.lane && facts_.lane->state == state; }

  Settings settings_;
  std::unique_ptr<Workflows> workflows_;
  ObjectName object_{};
  SubjectFacts facts_{};  // the whole durable state but what follows
  std::vector<Row> outbox_{};
  std::vector<Late> late_{};
  std::vector<std::string> verdicts_{};
  std::vector<std::string> events_{};
  std::optional<WallTime> due_at_{};
  std::optional<WallTime> verify_at_{};
  std::optional<Reading> reading_{};
  bool reduce_due_ = false;
  std::size_t sends_made_ = 0;
};

}  // namespace rolecall::stories
