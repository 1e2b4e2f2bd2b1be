#include "workflows/push_member.hpp"

#include "workflows/intent.hpp"
#include "workflows/settle.hpp"
#include "workflows/shown.hpp"
#include "workflows/single_write.hpp"
#include "workflows/workos/classify.hpp"
#include "workflows/workos/requests.hpp"

namespace rolecall {
namespace {

class PushMember : public SingleWrite {
 public:
  PushMember(const Lease& lease, const WorkflowOptions& options) : SingleWrite(lease, options) {}

 private:
  DeliveryStep begin() override {
    auto intent = intent_of(lease().kind, lease().desired);
    if (!intent) return settle_invalid(lease(), intent.error());
    object_ = intent->object;
    const workos::Slugs roles = ready_roles(*std::move(intent->state));
    if (lease().operation == Operation::create)
      return write(
          workos::create_membership({object_.organization, object_.name}, roles,
                                    workos::idempotency_key(lease().subject, lease().version)));
    if (!lease().incarnation) return settle_look(lease(), Millis{1}, std::nullopt);
    return write(workos::update_membership(*lease().incarnation, roles));
  }

  Result<Settlement> accepted(const HttpResponse& response) override {
    auto shown = member_shown(object_, response);
    if (!shown) return shown.error();
    Settlement settlement = settle_delivered(lease(), response, *std::move(shown));
    if (partial_) settlement.outcome = Outcome::partial;
    return settlement;
  }

  DeliveryStep refused(Failure failure) override {
    if (failure.code == workos::kPendingMembership)
      return settle_held(lease(), std::move(failure),
                         "an invitation of this user is pending: accept or revoke the invitation, "
                         "then release");
    if (failure.code == workos::kMultipleRolesOff)
      return settle_held(lease(), std::move(failure),
                         "this WorkOS environment allows one role per member: switch on \"multiple "
                         "roles\" in the dashboard, or give the member one role, then release");
    return SingleWrite::refused(std::move(failure));
  }

  // A revocation does not wait for roles that are not there yet: it is said without them.
  workos::Slugs ready_roles(Elements wanted) {
    for (const std::string& slug : lease().unready_slugs)
      if (wanted.erase(slug) > 0) partial_ = true;
    if (wanted.empty()) wanted.emplace(options().default_role_slug, std::string());
    workos::Slugs roles;
    for (const auto& [slug, unused] : wanted) roles.push_back(slug);
    return roles;
  }

  ObjectName object_{};
  bool partial_ = false;
};

}  // namespace

std::unique_ptr<DeliveryWorkflow> make_push_member(const Lease& lease,
                                                   const WorkflowOptions& options) {
  return std::make_unique<PushMember>(lease, options);
}

}  // namespace rolecall
