// pull_story.hpp -- streams of events for tests of the engine, and what was made of them.
// Owns:    nothing.
// Thread:  the test's.
// Fails:   never.
// Never:   judges.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/unit/worker/rig.hpp"

namespace rolecall::test {

inline PullGrant grant_after(const std::string& cursor) {
  PullGrant grant;
  grant.task = PullTask{.after = cursor};
  grant.again_in = std::chrono::seconds(30);
  return grant;
}

// A stream of these pages, each told to whoever asks after the last event of the one before it.
inline std::function<Result<HttpResponse>(const HttpRequest&)> stream(
    std::map<std::string, std::string> pages) {
  return [pages = std::move(pages)](const HttpRequest& request) {
    const auto found = pages.find(request.target.substr(request.target.rfind('/') + 1));
    return Result<HttpResponse>{
        HttpResponse{.status = 200, .body = found == pages.end() ? "" : found->second}};
  };
}

inline std::vector<std::string> targets(const Rig& rig) {
  std::vector<std::string> all;
  for (const auto& sent : rig.transport.sent) all.push_back(sent.request.target);
  return all;
}

// The ids of the events that were recorded, in their order.
inline std::string recorded(const Rig& rig) {
  std::string ids;
  for (const auto& [task, page] : rig.store.pages)
    for (const StreamEvent& event : page.events) ids += event.id;
  return ids;
}

}  // namespace rolecall::test
