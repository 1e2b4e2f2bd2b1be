#include "workflows/read_member.hpp"

#include "workflows/shown.hpp"
#include "workflows/timestamps.hpp"
#include "workflows/workos/calls.hpp"
#include "workflows/workos/classify.hpp"
#include "workflows/workos/requests.hpp"

namespace rolecall {
namespace {

class ReadMember : public ReadWorkflow {
 public:
  ReadMember(ObjectName member, std::optional<std::string> incarnation)
      : member_(std::move(member)), incarnation_(std::move(incarnation)) {}

  ReadStep start() override {
    if (!incarnation_) return search();
    return workos::reading(workos::get_membership(*incarnation_));
  }

  ReadStep resume(const CallAnswer& answer) override {
    if (!answer) return Result<Observation>(answer.error());
    if (workos::is_success(*answer))
      return searching_ ? found_in(*answer) : member_shown(member_, *answer);
    Failure failure = workos::failure_of(*answer);
    const bool not_there = answer->status == 404 && failure.kind == FailureClass::look_first;
    // A list answers 404 when it does not know the organization: that shows nothing of the member.
    if (!not_there || searching_) return Result<Observation>(std::move(failure));
    return search();
  }

 private:
  // Somebody who rejoined has a new id.
  Call search() {
    searching_ = true;
    return workos::reading(workos::find_membership({member_.organization, member_.name}));
  }

  Result<Observation> found_in(const HttpResponse& response) const {
    const auto page = workos::memberships_in(response);
    if (!page) return page.error();
    const workos::Membership* newest = nullptr;
    for (const auto& membership : page->memberships) {
      if (!is_about(member_, membership)) continue;
      if (newest == nullptr || is_earlier(newest->created_at, membership.created_at))
        newest = &membership;
    }
    return newest == nullptr ? Observation{} : shown_of(member_, *newest);
  }

  ObjectName member_;
  std::optional<std::string> incarnation_;
  bool searching_ = false;
};

}  // namespace

std::unique_ptr<ReadWorkflow> make_read_member(const ObjectName& member,
                                               std::optional<std::string> incarnation) {
  return std::make_unique<ReadMember>(member, std::move(incarnation));
}

}  // namespace rolecall
