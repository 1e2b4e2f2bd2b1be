#include "workflows/registry.hpp"

#include <array>
#include <optional>

#include "workflows/intent.hpp"
#include "workflows/list_organization.hpp"
#include "workflows/pull_events.hpp"
#include "workflows/push_member.hpp"
#include "workflows/push_permissions.hpp"
#include "workflows/push_role.hpp"
#include "workflows/read_member.hpp"
#include "workflows/read_permissions.hpp"
#include "workflows/read_role.hpp"
#include "workflows/reconcile_organization.hpp"
#include "workflows/reduce.hpp"
#include "workflows/remove_member.hpp"
#include "workflows/remove_role.hpp"
#include "workflows/settle.hpp"

namespace rolecall {
namespace {

using MakeDelivery = std::unique_ptr<DeliveryWorkflow> (*)(const Lease&, const WorkflowOptions&);

struct Entry {
  std::string_view kind;
  MakeDelivery make;
};
constexpr std::array<Entry, 5> kEntries{{{"role.push", make_push_role},
                                         {"role.permissions", make_push_permissions},
                                         {"role.remove", make_remove_role},
                                         {"member.push", make_push_member},
                                         {"member.remove", make_remove_member}}};

// A lease of a kind that this program did not ask for: left as it is, for a newer one.
class UnknownKind : public DeliveryWorkflow {
 public:
  explicit UnknownKind(Lease lease) : lease_(std::move(lease)) {}
  DeliveryStep start() override {
    Failure failure;
    failure.code = "unknown_kind";
    failure.detail = "this program does not know the kind \"" + lease_.kind + "\"";
    return settle_retry(lease_, std::move(failure));
  }
  DeliveryStep resume(const CallAnswer& /*answer*/) override { return start(); }

 private:
  Lease lease_;
};

// A verification that names no object: there is nothing to read.
class NothingToRead : public ReadWorkflow {
 public:
  explicit NothingToRead(Failure failure) : failure_(std::move(failure)) {}
  ReadStep start() override { return Result<Observation>(failure_); }
  ReadStep resume(const CallAnswer& /*answer*/) override { return start(); }

 private:
  Failure failure_;
};

class Registry : public Workflows {
 public:
  explicit Registry(WorkflowOptions options) : options_(std::move(options)) {}

  std::vector<std::string> kinds() const override {
    std::vector<std::string> kinds;
    kinds.reserve(kEntries.size());
    for (const Entry& entry : kEntries) kinds.emplace_back(entry.kind);
    return kinds;
  }

  std::unique_ptr<DeliveryWorkflow> deliver(const Lease& lease) const override {
    for (const Entry& entry : kEntries)
      if (entry.kind == lease.kind) return entry.make(lease, options_);
    return std::make_unique<UnknownKind>(lease);
  }

  std::unique_ptr<ReadWorkflow> read(const Verification& asked) const override {
    const auto family = family_of(asked.family);
    if (!family) {
      const Failure failure{FailureClass::bug, "unknown_family", asked.family, {}, 0, {}};
      return std::make_unique<NothingToRead>(failure);
    }
    const auto object = object_of(*family, asked.desired);
    if (!object) return std::make_unique<NothingToRead>(object.error());
    switch (*family) {
      case Family::role:
        return make_read_role(*object);
      case Family::permissions:
        return make_read_permissions(*object);
      case Family::member:
        break;
    }
    return make_read_member(*object, asked.incarnation);
  }

  std::unique_ptr<PullWorkflow> pull(const PullTask& task) const override {
    return make_pull_events(task);
  }

  Result<Reduction> reduce(const SubjectFacts& facts) const override {
    return rolecall::reduce(facts);
  }

  std::unique_ptr<ListWorkflow> list(const std::string& organization) const override {
    return make_list_organization(organization);
  }

  Judged judge(const Candidate& candidate, const CallPace& pace) const override {
    return rolecall::judge(candidate, pace);
  }

 private:
  WorkflowOptions options_;
};

}  // namespace

std::unique_ptr<Workflows> make_workflows(WorkflowOptions options) {
  return std::make_unique<Registry>(std::move(options));
}

}  // namespace rolecall
