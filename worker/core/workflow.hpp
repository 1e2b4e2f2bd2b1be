// workflow.hpp -- how a delivery or a read is said to WorkOS: a pure machine, given each answer.
// Owns:    its own state; one machine per lease.
// Thread:  used by one coroutine.
// Fails:   through its settlement.
// Never:   calls, waits, reads a clock, or makes more than one mutating call per lease.
#pragma once

#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "outbox/core/events.hpp"
#include "outbox/core/exchange.hpp"
#include "outbox/core/rate.hpp"
#include "outbox/core/reconcile.hpp"
#include "worker/core/http.hpp"

namespace rolecall {

struct Call {
  HttpRequest request;
  bool mutates = false;
  RateClass rate_class = RateClass::general;
};

// What came of a Call: an answer, or why there is none (transient: nothing left; in_doubt:
// unknown).
using CallAnswer = Result<HttpResponse>;

// What a workflow says next: make a call, or it is over.
using DeliveryStep = std::variant<Call, Settlement>;

// The settlement's delay is what the workflow asks for at least; backoff is added by the runner
// (worker/core/verdict.hpp) for Outcome::retry with a failure.
class DeliveryWorkflow {
 public:
  virtual ~DeliveryWorkflow() = default;
  virtual DeliveryStep start() = 0;
  virtual DeliveryStep resume(const CallAnswer& answer) = 0;
  // The call that it asked for last was refused, and no other will be made. What is known for
  // certain by then; none: the row is given back, and a write that was made stays in doubt.
  virtual std::optional<Settlement> interrupted() { return std::nullopt; }
};

using ReadStep = std::variant<Call, Result<Observation>>;

class ReadWorkflow {
 public:
  virtual ~ReadWorkflow() = default;
  virtual ReadStep start() = 0;
  virtual ReadStep resume(const CallAnswer& answer) = 0;
};

// A page of the event stream, or why there is none; gap: events may be lost.
struct PullEnd {
  Result<PulledPage> page;
  bool gap = false;
};
using PullStep = std::variant<Call, PullEnd>;

class PullWorkflow {
 public:
  virtual ~PullWorkflow() = default;
  virtual PullStep start() = 0;
  virtual PullStep resume(const CallAnswer& answer) = 0;
};

// All roles of an organization, then all its memberships, page by page: start() and, after each
// page but the last, next() say what to call.
class ListWorkflow {
 public:
  virtual ~ListWorkflow() = default;
  virtual Call start() = 0;
  virtual Result<ListedPage> resume(const CallAnswer& answer) = 0;
  virtual Call next() = 0;
};

// What a comparison came to. agrees with a repair: WorkOS shows what was not proved yet.
struct Judged {
  enum class Verdict {
    agrees,
    moved,      // something changed since it was noted: to be read again
    too_early,  // a read soon after our newest knowledge: to be read again after `visibility`
    waits,      // the event stream has not reached past the read
    differs,
  };
  Verdict verdict = Verdict::agrees;
  std::optional<Finding> finding{};  // differs
  Repair repair{};
};

// The engine's view of everything in workflows/. One implementation, in workflows/registry.cpp.
class Workflows {
 public:
  virtual ~Workflows() = default;
  virtual std::vector<std::string> kinds() const = 0;
  virtual std::unique_ptr<DeliveryWorkflow> deliver(const Lease& lease) const = 0;
  virtual std::unique_ptr<ReadWorkflow> read(const Verification& verification) const = 0;
  virtual std::unique_ptr<PullWorkflow> pull(const PullTask& task) const = 0;
  virtual Result<Reduction> reduce(const SubjectFacts& facts) const = 0;
  virtual std::unique_ptr<ListWorkflow> list(const std::string& organization) const = 0;  // org_ id
  virtual Judged judge(const Candidate& candidate, const CallPace& pace) const = 0;
};

}  // namespace rolecall
