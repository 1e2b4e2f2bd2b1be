#include "workflows/remove_member.hpp"

#include "workflows/intent.hpp"
#include "workflows/picture.hpp"
#include "workflows/settle.hpp"
#include "workflows/shown.hpp"
#include "workflows/single_write.hpp"
#include "workflows/workos/requests.hpp"

namespace rolecall {
namespace {

class RemoveMember : public SingleWrite {
 public:
  RemoveMember(const Lease& lease, const WorkflowOptions& options) : SingleWrite(lease, options) {}

 private:
  DeliveryStep begin() override {
    auto intent = intent_of(lease().kind, lease().desired);
    if (!intent) return settle_invalid(lease(), intent.error());
    if (lease().incarnation) return write(workos::delete_membership(*lease().incarnation));
    if (lease().looked) return settle_unsaid(lease());
    return settle_look(lease(), Millis{1}, std::nullopt);
  }

  Result<Settlement> accepted(const HttpResponse& response) override {
    auto absence = absence_shown(response);
    if (!absence) return absence.error();
    return settle_delivered(lease(), response, *std::move(absence));
  }

  // Ids are never given twice: this membership is gone, whoever removed it.
  DeliveryStep refused(Failure failure) override {
    if (failure.kind != FailureClass::look_first || failure.http_status != 404)
      return SingleWrite::refused(std::move(failure));
    HttpResponse response;
    response.headers["x-request-id"] = failure.request_id.text();
    Observation gone;
    gone.status = kGoneBefore;
    return settle_delivered(lease(), response, std::move(gone));
  }
};

}  // namespace

std::unique_ptr<DeliveryWorkflow> make_remove_member(const Lease& lease,
                                                     const WorkflowOptions& options) {
  return std::make_unique<RemoveMember>(lease, options);
}

}  // namespace rolecall
