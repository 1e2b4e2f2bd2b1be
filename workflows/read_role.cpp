#include "workflows/read_role.hpp"

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
      if (answer->status == 404 && failure.kind == FailureClass::look_first)
        return Result<Observation>(Observation{});
      return Result<Observation>(std::move(failure));
    }
    if (const auto role = workos::role_in(*answer); role && role->type == "EnvironmentRole")
      return Result<Observation>(environment_role(*answer));
    return shown_(role_, *answer);
  }

 private:
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
};

}  // namespace

std::unique_ptr<ReadWorkflow> make_role_reader(const ObjectName& role, RoleProjection shown) {
  return std::make_unique<ReadRole>(role, shown);
}

std::unique_ptr<ReadWorkflow> make_read_role(const ObjectName& role) {
  return make_role_reader(role, role_shown);
}

}  // namespace rolecall
