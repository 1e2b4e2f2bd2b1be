#include "workflows/push_role.hpp"

#include <algorithm>

#include "workflows/intent.hpp"
#include "workflows/settle.hpp"
#include "workflows/shown.hpp"
#include "workflows/single_write.hpp"
#include "workflows/workos/requests.hpp"

namespace rolecall {
namespace {

class PushRole : public SingleWrite {
 public:
  PushRole(const Lease& lease, const WorkflowOptions& options) : SingleWrite(lease, options) {}

 private:
  DeliveryStep begin() override {
    auto intent = intent_of(lease().kind, lease().desired);
    if (!intent) return settle_invalid(lease(), intent.error());
    object_ = intent->object;
    const workos::RoleName role{object_.organization, object_.name};
    const workos::RoleText text = text_of_role(*intent->state);
    if (lease().operation != Operation::create) return write(workos::update_role(role, text));
    if (lease().quarantine_left > Millis{0}) return quarantined();
    return write(
        workos::create_role(role, text, workos::idempotency_key(lease().subject, lease().version)));
  }

  Result<Settlement> accepted(const HttpResponse& response) override {
    auto shown = role_shown(object_, response);
    if (!shown) return shown.error();
    return settle_delivered(lease(), response, *std::move(shown));
  }

  static workos::RoleText text_of_role(const Elements& elements) {
    workos::RoleText text{elements.at(std::string(kName)), std::nullopt};
    const auto description = elements.find(std::string(kDescription));
    if (description != elements.end()) text.description = description->second;
    return text;
  }

  // A request that names the slug may still be on its way; it must not meet the new role. That it
  // is answered or seen tells nobody here: so it is asked again.
  Settlement quarantined() const {
    Failure failure;
    failure.kind = FailureClass::look_first;
    failure.code = "quarantined";
    failure.detail =
        "an unanswered request still names this slug: the role is created once that "
        "request can no longer be applied";
    Settlement settlement = settle_retry(lease(), std::move(failure));
    settlement.delay = std::min(lease().quarantine_left, options().visibility);
    return settlement;
  }

  ObjectName object_{};
};

}  // namespace

std::unique_ptr<DeliveryWorkflow> make_push_role(const Lease& lease,
                                                 const WorkflowOptions& options) {
  return std::make_unique<PushRole>(lease, options);
}

}  // namespace rolecall
