#include "workflows/remove_role.hpp"

#include <algorithm>

#include "workflows/intent.hpp"
#include "workflows/picture.hpp"
#include "workflows/settle.hpp"
#include "workflows/shown.hpp"
#include "workflows/single_write.hpp"
#include "workflows/workos/classify.hpp"
#include "workflows/workos/requests.hpp"
#include "workflows/workos/responses.hpp"

namespace rolecall {
namespace {

class RemoveRole : public SingleWrite {
 public:
  RemoveRole(const Lease& lease, const WorkflowOptions& options) : SingleWrite(lease, options) {}

  std::optional<Settlement> interrupted() override {
    if (!in_use_) return std::nullopt;
    return holders_found();
  }

 private:
  DeliveryStep begin() override {
    auto intent = intent_of(lease().kind, lease().desired);
    if (!intent) return settle_invalid(lease(), intent.error());
    role_ = {intent->object.organization, intent->object.name};
    if (lease().incarnation) return write(workos::delete_role(role_));
    if (lease().looked) return settle_unsaid(lease());
    return settle_look(lease(), Millis{1}, std::nullopt);
  }

  Result<Settlement> accepted(const HttpResponse& response) override {
    auto absence = absence_shown(response);
    if (!absence) return absence.error();
    return settle_delivered(lease(), response, *std::move(absence));
  }

  DeliveryStep refused(Failure failure) override {
    if (failure.kind == FailureClass::look_first && failure.http_status == 404)
      return gone_already(failure);
    if (failure.code == workos::kRoleHasGroups)
      return settle_held(lease(), std::move(failure),
                         "directory groups are mapped to this role: remove the mappings in the "
                         "WorkOS dashboard, then release");
    if (failure.code != workos::kRoleHasAssignments)
      return SingleWrite::refused(std::move(failure));
    in_use_ = std::move(failure);
    return next_page(std::nullopt);
  }

  DeliveryStep read_answered(const CallAnswer& answer) override {
    if (!answer) return list_failed(answer.error());
    if (!workos::is_success(*answer)) return list_failed(workos::failure_of(*answer));
    const auto page = workos::memberships_in(*answer);
    if (!page) return list_failed(page.error());
    for (const auto& membership : page->memberships) note_holder(membership);
    const bool more = page->after && page->after != after_ && pages_ < options().holder_pages &&
                      holders_.size() < options().holders_at_once;
    if (more) return next_page(page->after);
    return holders_found();
  }

  Settlement gone_already(const Failure& failure) const {
    HttpResponse response;
    response.headers["x-request-id"] = failure.request_id.text();
    Observation gone;
    gone.status = kGoneBefore;
    return settle_delivered(lease(), response, std::move(gone));
  }

  // A list that is too long for one lease is begun at its other end by about every other attempt.
  Call next_page(std::optional<std::string> after) {
    after_ = std::move(after);
    ++pages_;
    const auto order =
        lease().send.number() % 2 == 0 ? workos::Order::ascending : workos::Order::descending;
    return read(workos::list_memberships(role_.organization, order, after_));
  }

  // The holders of the pages before are looked at all the same.
  Settlement list_failed(Failure failure) {
    Settlement settlement = settle_retry(lease(), std::move(failure));
    settlement.look_at = std::move(holders_);
    return settlement;
  }

  void note_holder(const workos::Membership& membership) {
    if (std::ranges::find(membership.roles, role_.slug) == membership.roles.end()) return;
    holders_.push_back(
        {std::string(name_of(Family::member)), membership.organization_id, membership.user_id});
  }

  // The holders are read; what they are to have comes from their own subjects. WorkOS takes roles
  // away asynchronously, so none found is an answer, too.
  Settlement holders_found() {
    Settlement settlement = settle_look(lease(), options().visibility, in_use_);
    settlement.look_at = std::move(holders_);
    return settlement;
  }

  workos::RoleName role_{};
  std::optional<Failure> in_use_{};  // the delete was refused, for it has holders
  std::vector<LookAt> holders_{};
  std::optional<std::string> after_{};
  int pages_ = 0;
};

}  // namespace

std::unique_ptr<DeliveryWorkflow> make_remove_role(const Lease& lease,
                                                   const WorkflowOptions& options) {
  return std::make_unique<RemoveRole>(lease, options);
}

}  // namespace rolecall
