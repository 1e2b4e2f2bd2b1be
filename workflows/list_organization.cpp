#include "workflows/list_organization.hpp"

#include <utility>

#include "workflows/shown.hpp"
#include "workflows/workos/calls.hpp"
#include "workflows/workos/classify.hpp"
#include "workflows/workos/requests.hpp"
#include "workflows/workos/responses.hpp"

namespace rolecall {
namespace {

// Steps back from a cursor that WorkOS does not know any more.
constexpr std::size_t kStepsBack = 5;

class ListOrganization : public ListWorkflow {
 public:
  explicit ListOrganization(std::string organization) : organization_(std::move(organization)) {}

  Call start() override { return workos::reading(workos::list_roles(organization_)); }

  Call next() override {
    roles_read_ = true;
    return workos::reading(
        workos::list_memberships(organization_, workos::Order::ascending, after_));
  }

  Result<ListedPage> resume(const CallAnswer& answer) override {
    if (!answer) return answer.error();
    if (!workos::is_success(*answer)) return step_back(*answer);
    return roles_read_ ? members_in(*answer) : roles_in(*answer);
  }

 private:
  Result<ListedPage> roles_in(const HttpResponse& response) const {
    auto roles = workos::roles_in(response);
    if (!roles) return roles.error();
    auto environment = workos::environment_roles_in(response);
    if (!environment) return environment.error();
    ListedPage page;
    page.environment_roles = std::move(*environment);
    for (const workos::Role& role : *roles) {
      const bool untyped = role.type.empty() && role.slug.starts_with("org-");
      if (role.type != "OrganizationRole" && !untyped) continue;
      const ObjectName text{Family::role, organization_, role.slug};
      add(page, text, role_shown(text, role));
      const ObjectName set{Family::permissions, organization_, role.slug};
      if (role.permissions) add(page, set, permissions_shown(set, role));
    }
    return page;
  }

  Result<ListedPage> members_in(const HttpResponse& response) {
    const auto listed = workos::memberships_in(response);
    if (!listed) return listed.error();
    ListedPage page;
    for (const workos::Membership& membership : listed->memberships) {
      const ObjectName member{Family::member, organization_, membership.user_id};
      if (!is_about(member, membership))
        return workos::garbage_answer(response, "another organization's membership");
      add(page, member, shown_of(member, membership));
    }
    if (listed->after && listed->after == after_)
      return workos::garbage_answer(response, "a next page: it is the same again");
    after_ = listed->after;
    page.end = !after_.has_value();
    earlier_.clear();
    for (const workos::Membership& membership : listed->memberships)
      if (membership.id != after_) earlier_.push_back(membership.id);
    if (earlier_.size() > kStepsBack)
      earlier_.erase(earlier_.begin(), earlier_.end() - static_cast<std::ptrdiff_t>(kStepsBack));
    return page;
  }

  // The membership that the page was to begin after may be gone: it begins after one before that,
  // and shows some once more.
  Result<ListedPage> step_back(const HttpResponse& response) {
    const bool unknown = response.status == 400 || response.status == 404 || response.status == 422;
    if (!unknown || !after_ || earlier_.empty()) return workos::failure_of(response);
    after_ = std::move(earlier_.back());
    earlier_.pop_back();
    return ListedPage{};
  }

  static void add(ListedPage& page, const ObjectName& object, Observation shown) {
    ListedThing thing;
    thing.family = name_of(object.family);
    thing.name = object.name;
    thing.shown = std::move(shown);
    page.things.push_back(std::move(thing));
  }

  std::string organization_;
  bool roles_read_ = false;
  std::optional<std::string> after_{};
  std::vector<std::string> earlier_{};  // ids before it, the nearest last
};

}  // namespace

std::unique_ptr<ListWorkflow> make_list_organization(const std::string& organization) {
  return std::make_unique<ListOrganization>(organization);
}

}  // namespace rolecall
