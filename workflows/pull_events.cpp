#include "workflows/pull_events.hpp"

#include <algorithm>
#include <utility>

#include "workflows/timestamps.hpp"
#include "workflows/workos/calls.hpp"
#include "workflows/workos/classify.hpp"
#include "workflows/workos/events.hpp"
#include "workflows/workos/requests.hpp"
#include "workflows/workos/responses.hpp"

namespace rolecall {
namespace {

constexpr std::string_view kBadRequest = "invalid_events_request";
constexpr Millis kClocksApart{60'000};

class PullEvents : public PullWorkflow {
 public:
  explicit PullEvents(PullTask task)
      : task_(std::move(task)), types_(workos::followed_types(task_.refused_types)) {}

  PullStep start() override { return workos::reading(workos::list_events(task_, types_)); }

  PullStep resume(const CallAnswer& answer) override {
    if (page_) return with_roles(answer);
    if (!answer) return PullEnd{answer.error()};
    if (!workos::is_success(*answer)) return refused(*answer);
    auto page = workos::events_in(*answer);
    if (!page) return PullEnd{page.error()};
    if (const auto gap = gap_before(*page)) return PullEnd{*gap, true};
    page->refused_types = refused_;
    page_ = std::move(*page);
    if (!tells_of_roles()) return PullEnd{std::move(*page_)};
    return workos::reading(workos::list_environment_roles());
  }

 private:
  // WorkOS refuses the whole call for one name that it does not know, and says which.
  PullStep refused(const HttpResponse& response) {
    const auto refusal = workos::refusal_in(response.body);
    const auto named = std::ranges::find_if(types_, [&](const std::string& type) {
      return refusal.message.find("'" + type + "'") != std::string::npos;
    });
    if (response.status != 400 || refusal.code != kBadRequest || named == types_.end())
      return PullEnd{workos::failure_of(response)};
    refused_.push_back(std::move(*named));
    types_.erase(named);
    return start();
  }

  // Of a cursor that WorkOS does not know any more, some servers begin anew without a word.
  std::optional<Failure> gap_before(const PulledPage& page) const {
    if (page.events.empty() || task_.after.empty()) return std::nullopt;
    const auto first = wall_time_of(page.events.front().at);
    const auto last = wall_time_of(task_.after_at);
    if (!first || !last || *first + kClocksApart >= *last) return std::nullopt;
    Failure failure;
    failure.kind = FailureClass::rejected;
    failure.code = "cursor_unknown";
    failure.detail = "WorkOS began again at " + page.events.front().at + " when asked for events " +
                     "after " + task_.after + " of " + task_.after_at;
    return failure;
  }

  bool tells_of_roles() const {
    return task_.roles_due || std::ranges::any_of(page_->events, [](const StreamEvent& event) {
             return event.family == "environment_role";
           });
  }

  // Without them the page is as good; the events wait for the roles.
  PullStep with_roles(const CallAnswer& answer) {
    if (answer)
      if (auto roles = workos::environment_roles_in(*answer)) page_->roles = std::move(*roles);
    return PullEnd{std::move(*page_)};
  }

  PullTask task_;
  std::vector<std::string> types_;
  std::vector<std::string> refused_{};
  std::optional<PulledPage> page_{};
};

}  // namespace

std::unique_ptr<PullWorkflow> make_pull_events(const PullTask& task) {
  return std::make_unique<PullEvents>(task);
}

}  // namespace rolecall
