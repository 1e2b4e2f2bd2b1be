#include "workflows/push_permissions.hpp"

#include "workflows/intent.hpp"
#include "workflows/settle.hpp"
#include "workflows/shown.hpp"
#include "workflows/single_write.hpp"
#include "workflows/workos/classify.hpp"
#include "workflows/workos/requests.hpp"

namespace rolecall {
namespace {

class PushPermissions : public SingleWrite {
 public:
  PushPermissions(const Lease& lease, const WorkflowOptions& options)
      : SingleWrite(lease, options) {}

 private:
  DeliveryStep begin() override {
    auto intent = intent_of(lease().kind, lease().desired);
    if (!intent) return settle_invalid(lease(), intent.error());
    object_ = intent->object;
    if (lease().role_ended) return settle_unsaid(lease());
    if (!lease().unready_slugs.empty()) return settle_retry(lease(), role_not_there());
    workos::Slugs permissions;
    for (const auto& [slug, unused] : *intent->state) permissions.push_back(slug);
    return write(workos::put_permissions({object_.organization, object_.name}, permissions));
  }

  Result<Settlement> accepted(const HttpResponse& response) override {
    auto shown = permissions_shown(object_, response);
    if (!shown) return shown.error();
    return settle_delivered(lease(), response, *std::move(shown));
  }

  // A 404 is the role's or a permission's; nothing in it says whose.
  DeliveryStep refused(Failure failure) override {
    if (failure.http_status != 404 || failure.kind != FailureClass::look_first)
      return SingleWrite::refused(std::move(failure));
    not_found_ = std::move(failure);
    return read(workos::get_role({object_.organization, object_.name}));
  }

  DeliveryStep read_answered(const CallAnswer& answer) override {
    if (!answer) return settle_retry(lease(), answer.error());
    if (!workos::is_success(*answer)) {
      Failure failure = workos::failure_of(*answer);
      if (failure.kind == FailureClass::look_first)
        return SingleWrite::refused(std::move(not_found_));
      return settle_retry(lease(), std::move(failure));
    }
    not_found_.kind = FailureClass::missing_dependency;
    not_found_.code = "unknown_permission";
    not_found_.detail =
        "the role is there, so a permission of the set is not: create it in the dashboard";
    return SingleWrite::refused(std::move(not_found_));
  }

  // Said now it would reach whatever still has the slug.
  static Failure role_not_there() {
    Failure failure;
    failure.kind = FailureClass::missing_dependency;
    failure.code = "role_not_there";
    failure.detail = "the role is not at WorkOS yet; its permissions follow it";
    return failure;
  }

  ObjectName object_{};
  Failure not_found_{};
};

}  // namespace

std::unique_ptr<DeliveryWorkflow> make_push_permissions(const Lease& lease,
                                                        const WorkflowOptions& options) {
  return std::make_unique<PushPermissions>(lease, options);
}

}  // namespace rolecall
