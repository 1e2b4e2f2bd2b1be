#include "worker/app/readiness.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <system_error>

namespace rolecall {
namespace {

Failure not_told(FailureClass kind, const std::string& socket, std::string_view why) {
  return {.kind = kind,
          .code = "notify_socket",
          .detail = fmt::format("NOTIFY_SOCKET={}: {}", socket, why)};
}

}  // namespace

std::optional<Failure> tell_service_manager(const std::string& socket, std::string_view state) {
  if (socket.empty()) return std::nullopt;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const bool abstract = socket.front() == '@';
  if ((!abstract && socket.front() != '/') || socket.size() < 2 ||
      socket.size() >= sizeof address.sun_path)
    return not_told(FailureClass::bad_input, socket,
                    "neither an absolute path nor @ and a name, of at most 107 bytes");
  std::ranges::copy(socket, address.sun_path);
  if (abstract) address.sun_path[0] = '\0';
  const auto length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket.size() + (abstract ? 0 : 1));
  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  // The address of any socket begins as a sockaddr: that is how the call is made.
  const auto sent = descriptor < 0 ? -1
                                   : ::sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL,
                                              reinterpret_cast<const sockaddr*>(&address), length);
  const int error = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (sent == static_cast<ssize_t>(state.size())) return std::nullopt;
  return not_told(FailureClass::unavailable, socket,
                  std::system_category().message(sent < 0 ? error : EMSGSIZE));
}

}  // namespace rolecall
