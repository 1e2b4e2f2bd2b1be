// plain_workflows.hpp -- deliveries of one write and some reads; reads and listings of one call.
// Owns:    how many calls a delivery makes.
// Thread:  the test's.
// Fails:   through settlements, as simply as can be.
// Never:   knows WorkOS.
#pragma once

#include <functional>

#include "worker/core/workflow.hpp"

namespace rolecall::test {

// Writes first, then reads `reads_after` times; settles by the write's answer. Of the answers to a
// write, 409 is the one that no read changes.
class PlainDelivery final : public DeliveryWorkflow {
 public:
  PlainDelivery(const Lease& lease, int reads_after, bool writes_twice);
  DeliveryStep start() override;
  DeliveryStep resume(const CallAnswer& answer) override;
  std::optional<Settlement> interrupted() override;

 private:
  Call write() const;
  Settlement settle(const CallAnswer& answer) const;

  std::string target_;
  int reads_left_;
  bool writes_twice_;
  std::optional<CallAnswer> written_{};
};

class PlainRead final : public ReadWorkflow {
 public:
  explicit PlainRead(const Verification& asked) : target_("/" + asked.subject.text()) {}
  ReadStep start() override;
  ReadStep resume(const CallAnswer& answer) override;

 private:
  std::string target_;
};

// One GET; the body's bytes are the ids of its events, one each, and this one says that the
// environment's roles were read after them.
inline constexpr char kRolesAreRead = '*';
class PlainPull final : public PullWorkflow {
 public:
  explicit PlainPull(PullTask task) : task_(std::move(task)) {}
  PullStep start() override;
  PullStep resume(const CallAnswer& answer) override;

 private:
  PullTask task_;
};

// One GET for the whole listing; the body's bytes are the names of those in it.
class PlainList final : public ListWorkflow {
 public:
  Call start() override;
  Call next() override { return start(); }
  Result<ListedPage> resume(const CallAnswer& answer) override;
};

class PlainWorkflows final : public Workflows {
 public:
  int reads_after = 0;
  bool writes_twice = false;
  bool knows_kind = true;

  std::vector<std::string> kinds() const override { return {"member.push"}; }
  std::unique_ptr<DeliveryWorkflow> deliver(const Lease& lease) const override {
    if (!knows_kind) return nullptr;
    return std::make_unique<PlainDelivery>(lease, reads_after, writes_twice);
  }
  std::unique_ptr<ReadWorkflow> read(const Verification& asked) const override {
    return std::make_unique<PlainRead>(asked);
  }
  std::unique_ptr<PullWorkflow> pull(const PullTask& task) const override {
    return std::make_unique<PlainPull>(task);
  }
  Result<Reduction> reduce(const SubjectFacts&) const override { return Reduction{}; }
  std::unique_ptr<ListWorkflow> list(const std::string&) const override {
    return std::make_unique<PlainList>();
  }
  std::function<Judged(const Candidate&)> judging = [](const Candidate&) { return Judged{}; };
  Judged judge(const Candidate& candidate, const CallPace&) const override {
    return judging(candidate);
  }
};

}  // namespace rolecall::test
