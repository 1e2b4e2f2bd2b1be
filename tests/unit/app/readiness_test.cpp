#include "worker/app/readiness.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <stdexcept>

namespace rolecall {
namespace {

// What a service manager has: a datagram socket that is bound where NOTIFY_SOCKET says.
class Manager {
 public:
  explicit Manager(std::string name) : name_(std::move(name)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name_.data(), name_.size());
    if (name_[0] == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    if (::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), length) != 0)
      throw std::runtime_error("cannot bind " + name_);
  }
  ~Manager() {
    ::close(descriptor_);
    if (name_[0] == '/') ::unlink(name_.c_str());
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  // The next message; "" where none has come.
  std::string heard() const {
    std::array<char, 512> text{};
    const auto size = ::recv(descriptor_, text.data(), text.size(), MSG_DONTWAIT);
    return size < 0 ? "" : std::string(text.data(), static_cast<std::size_t>(size));
  }

 private:
  std::string name_;
  int descriptor_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

std::string socket_path(const std::string& name) {
  return ::testing::TempDir() + name + std::to_string(::getpid());
}

TEST(ServiceManager, HearsWhatItIsToldAtAPath) {
  const auto path = socket_path("notify");
  const Manager manager(path);
  EXPECT_EQ(tell_service_manager(path, "READY=1\nSTATUS=all is well"), std::nullopt);
  EXPECT_EQ(manager.heard(), "READY=1\nSTATUS=all is well");
  EXPECT_EQ(manager.heard(), "");
}

TEST(ServiceManager, HearsWhatItIsToldAtAnAbstractName) {
  const auto name = "@rolecall-test-" + std::to_string(::getpid());
  const Manager manager(name);
  EXPECT_EQ(tell_service_manager(name, "STOPPING=1"), std::nullopt);
  EXPECT_EQ(manager.heard(), "STOPPING=1");
}

TEST(ServiceManager, IsNotNeeded) {
  EXPECT_EQ(tell_service_manager("", "READY=1"), std::nullopt);
}

TEST(ServiceManager, ThatIsGoneIsAFailureWithItsPlace) {
  const auto path = socket_path("nobody");
  const auto failure = tell_service_manager(path, "READY=1");
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, FailureClass::unavailable);
  EXPECT_NE(failure->detail.find(path), std::string::npos) << failure->detail;
}

TEST(ServiceManager, HasAnAddressThatASocketCanHave) {
  for (const std::string& wrong :
       {std::string("notify"), std::string("@"), "/" + std::string(107, 'x')}) {
    const auto failure = tell_service_manager(wrong, "READY=1");
    ASSERT_TRUE(failure) << wrong;
    EXPECT_EQ(failure->kind, FailureClass::bad_input) << wrong;
  }
}

// A socket's buffer that nobody empties must not stop a worker.
TEST(ServiceManager, ThatNeverListensStopsNobody) {
  const auto path = socket_path("full");
  const Manager manager(path);
  std::optional<Failure> failure;
  for (int i = 0; i < 100'000 && !failure; ++i)
    failure = tell_service_manager(path, "STATUS=again");
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, FailureClass::unavailable);
}

}  // namespace
}  // namespace rolecall
