// Calls that are refused after they were permitted, and what becomes of their rows.
#include <gtest/gtest.h>

#include "tests/unit/worker/rig.hpp"

namespace rolecall::test {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

TEST(Engine, KeepsADefiniteResultWhenALaterCallIsRefused) {
  Rig rig;
  rig.store.enqueue("a");
  rig.workflows.reads_after = 3;
  rig.transport.call_time = 400ms;
  rig.transport.answer = [](const HttpRequest& request) {
    return Result<HttpResponse>{HttpResponse{.status = request.method == "PUT" ? 409 : 200}};
  };
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::call_started) == 1; }));
  rig.store.session_answers = false;
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::call_refused) > 0; }));
  const auto& settled = rig.store.lanes.at(Subject{"a"}).settled;
  ASSERT_TRUE(rig.until([&] { return !settled.empty(); }));
  EXPECT_EQ(settled.front().fate, SendFate::unsent);  // its write had left, and was refused
  ASSERT_TRUE(settled.front().failure);
  EXPECT_EQ(settled.front().failure->kind, FailureClass::look_first);
}

}  // namespace
}  // namespace rolecall::test
