// plain_reconcile_store.hpp -- a ReconcileStore that tells what it was asked, and answers every
// page with all that was on it.
// Owns:    what it was given.
// Thread:  the test's.
// Fails:   never.
// Never:   compares; the test's judge does.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "outbox/reconcile_store.hpp"

namespace rolecall::test {

class PlainReconcileStore final : public ReconcileStore {
 public:
  std::vector<std::string> missing{};  // subjects that no listing shows
  std::size_t rest_page = 100;
  bool stream_reaches = true;
  bool knows_them = true;  // false: whom a listing shows has no subject here
  std::string outcome = "handed over";

  std::vector<std::string> asked{};  // the name of each call, in order
  std::vector<std::string> reached_past{};
  std::vector<Finding> kept{};
  std::size_t most_noted_again = 0;
  std::optional<PassReport> ended{};
  int granted = 0;  // turns
  std::vector<std::string> released{};

  Task<Result<std::vector<OrganizationId>>> organizations() override {
    co_return std::vector<OrganizationId>{};
  }
  Task<Result<ReconcilePass>> begin(OrganizationId organization, std::string) override {
    asked.emplace_back("begin");
    co_return ReconcilePass{.organization = organization, .workos = "org_1", .now = "t0"};
  }
  Task<Result<ComparedPage>> compare(ReconcilePass, std::vector<ListedThing> listed) override {
    asked.emplace_back("compare");
    ComparedPage page{.now = "t" + std::to_string(++now_)};
    for (ListedThing& thing : listed) {
      if (thing.ended_at.empty()) thing.ended_at = page.now;
      page.candidates.push_back(candidate_of(std::move(thing)));
    }
    co_return page;
  }
  Task<Result<ComparedPage>> rest(ReconcilePass, std::string, std::string after) override {
    asked.emplace_back("rest");
    const std::size_t from = after.empty() ? 0 : std::stoul(after);
    const std::size_t to = std::min(from + rest_page, missing.size());
    ComparedPage page;
    for (std::size_t i = from; i < to; ++i)
      page.candidates.push_back(candidate_of({.family = "member", .subject = Subject(missing[i])}));
    if (to < missing.size()) page.last = std::to_string(to);
    co_return page;
  }
  Task<Result<std::string>> note_again(ReconcilePass, std::vector<std::string> subjects) override {
    asked.emplace_back("note_again");
    most_noted_again = std::max(most_noted_again, subjects.size());
    co_return "t" + std::to_string(++now_);
  }
  Task<Result<bool>> stream_reached(std::string ended_at) override {
    reached_past.push_back(std::move(ended_at));
    co_return stream_reaches;
  }
  Task<Result<void>> keep(ReconcilePass, std::vector<Finding> findings) override {
    for (Finding& finding : findings) kept.push_back(std::move(finding));
    co_return Result<void>{};
  }
  Task<Result<std::vector<std::pair<std::string, std::string>>>> apply(
      ReconcilePass, std::vector<FoundAndRepair> repairs) override {
    std::vector<std::pair<std::string, std::string>> outcomes;
    for (const FoundAndRepair& one : repairs)
      outcomes.emplace_back(one.candidate.read.subject.text(), outcome);
    co_return outcomes;
  }
  Task<Result<void>> end(ReconcilePass, PassReport report) override {
    ended = std::move(report);
    co_return Result<void>{};
  }
  Task<Result<ReconcileTurn>> take(WorkerId) override {
    if (granted > 0) co_return ReconcileTurn{};
    ++granted;
    co_return ReconcileTurn{.organization = OrganizationId("acme")};
  }
  Task<Result<void>> release(WorkerId, std::string result) override {
    released.push_back(std::move(result));
    co_return Result<void>{};
  }
  Task<Result<TokenBlock>> take_tokens(RateClass, int want) override {
    co_return TokenBlock{.tokens = want};
  }

 private:
  Candidate candidate_of(ListedThing thing) const {
    Candidate candidate;
    if (!knows_them) thing.subject = Subject();
    candidate.object_key = "key " + thing.name;
    candidate.read = std::move(thing);
    return candidate;
  }
  int now_ = 0;
};

}  // namespace rolecall::test
