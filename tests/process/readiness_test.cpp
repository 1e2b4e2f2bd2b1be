// What a service manager is told by the real program.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstring>

#include "tests/support/stand.hpp"

namespace rolecall::testing {
namespace {

using std::chrono::seconds;

// The next message at `descriptor`, which may be on its way still; "" when none comes.
std::string heard(int descriptor) {
  timeval patience{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::array<char, 512> text{};
  const auto size = ::recv(descriptor, text.data(), text.size(), 0);
  return size < 0 ? "" : std::string(text.data(), static_cast<std::size_t>(size));
}

TEST(ServiceManager, IsToldThatAWorkerListensAndThatItEnds) {
  const auto name = "@rolecall-process-test-" + std::to_string(::getpid());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data() + 1, name.size() - 1);
  const int manager = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(manager, reinterpret_cast<const sockaddr*>(&address),
                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())),
            0);
  Stand stand;
  auto& worker = stand.start_worker({{"NOTIFY_SOCKET", name}});
  EXPECT_EQ(heard(manager), "READY=1\nSTATUS=listening on " + worker.address());
  worker.signal(SIGTERM);
  EXPECT_EQ(heard(manager), "STOPPING=1\nSTATUS=finishing what is in flight");
  EXPECT_EQ(worker.wait(seconds(30)), 0);
  ::close(manager);
}

}  // namespace
}  // namespace rolecall::testing
