// http_connection.hpp -- one TCP connection to WorkOS, with TLS or (to loopback) without.
// Owns:    its socket and its TLS state.
// Thread:  one executor. Held by shared_ptr, because a deadline may close it in a read.
// Fails:   an error code, and how many bytes moved.
// Never:   knows HTTP, waits longer than its owner lets it, or opens plain TCP beyond loopback.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outbox/task.hpp"
#include "worker/clock.hpp"
#include "worker/net/address.hpp"

namespace rolecall {

using boost::system::error_code;

struct Moved {
  error_code error{};
  std::size_t bytes = 0;
};

struct Resolved {
  error_code error{};  // timed_out: no answer within the time given
  std::vector<boost::asio::ip::tcp::endpoint> endpoints{};
};

// Looks a name up without ever holding the caller longer than `patience`.
Task<Resolved> resolve(boost::asio::any_io_executor executor, BaseUrl url, Millis patience);

class HttpConnection {
 public:
  // `tls` may be null: plain. It must outlive the connection.
  HttpConnection(const boost::asio::any_io_executor& executor, boost::asio::ssl::context* tls);

  // One after another, so that each is tried before the deadline: one that does not answer costs at
  // most two seconds and its share of the time that is left. The last error, if none answers.
  Task<error_code> connect(std::vector<boost::asio::ip::tcp::endpoint> endpoints,
                           const Clock& clock, Instant deadline);
  // SNI, verification against the authorities of the context, and of the name in the certificate.
  Task<error_code> handshake(const std::string& host);
  Task<Moved> write(std::string_view bytes);
  Task<Moved> read_some(boost::asio::mutable_buffer into);

  bool is_tls() const { return tls_.has_value(); }
  bool is_open() const { return socket_.is_open(); }
  // Open, and neither an end nor an unasked byte has arrived since the last answer.
  bool is_quiet();
  void close();

 private:
  Task<error_code> connect_to(boost::asio::ip::tcp::endpoint endpoint,
                              std::chrono::microseconds patience);

  boost::asio::ip::tcp::socket socket_;
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
};

}  // namespace rolecall
