#include "workflows/read_role.hpp"

#include <algorithm>

#include "workflows/shown.hpp"
#include "workflows/workos/calls.hpp"
#include "workflows/workos/classify.hpp"
#include "workflows/workos/requests.hpp"

namespace rolecall {
namespace {

class ReadRole : public ReadWorkflow {
 public:
  ReadRole(ObjectName role, RoleProjection shown) : role_(std::move(role)), shown_(shown) {}

  ReadStep start() override {
    return workos::reading(workos::get_role({role_.organization, role_.name}));
  }

  ReadStep resume(const CallAnswer& answer) override {
    if (!answer) return Result<Observation>(answer.error());
    if (!workos::is_success(*answer)) {
      Failure failure = workos::failure_of(*answer);
      const bool not_there = answer->status == 404 && failure.kind == FailureClass::look_first;
      if (!not_there || listing_) return Result<Observation>(std::move(failure));
      // It may be the organization that this key does not know: only its list shows that.
      listing_ = true;
      return workos::reading(workos::list_roles(role_.organization));
    }
    if (listing_) return absent_from(*answer);
    if (const auto role = workos::role_in(*answer); role && role->type == "EnvironmentRole")
      return Result<Observation>(environment_role(*answer));
    return shown_(role_, *answer);
  }

 private:
  Result<Observation> absent_from(const HttpResponse& response) const {
    const auto slugs = workos::role_slugs_in(response);
    if (!slugs) return slugs.error();
    if (std::ranges::find(*slugs, role_.name) == slugs->end()) return Observation{};
    Failure failure;
    failure.kind = FailureClass::in_doubt;
    failure.code = "role_listed";
    failure.detail = "WorkOS does not find the role \"" + role_.name + "\" and lists it";
    failure.request_id = workos::request_id_of(response);
    return failure;
  }

  Failure environment_role(const HttpResponse& response) const {
    Failure failure;
    failure.kind = FailureClass::rejected;
    failure.code = "environment_role";
    failure.detail = "\"" + role_.name + "\" is a role of the environment, not of the organization";
    failure.http_status = response.status;
    failure.request_id = workos::request_id_of(response);
    return failure;
  }

  ObjectName role_;
  RoleProjection shown_;
  bool listing_ = false;
};

}  // namespace

std::unique_ptr<ReadWorkflow> make_role_reader(const ObjectName& role, RoleProjection shown) {
  return std::make_unique<ReadRole>(role, shown);
}

std::unique_ptr<ReadWorkflow> make_read_role(const ObjectName& role) {
  return make_role_reader(role, role_shown);
}

}  // namespace rolecall
