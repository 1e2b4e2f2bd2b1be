#include "worker/net/errors.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/http/error.hpp>

namespace rolecall {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

std::string_view doing(ExchangeStage stage) {
  switch (stage) {
    case ExchangeStage::resolve:
      return "looking up";
    case ExchangeStage::connect:
      return "connecting to";
    case ExchangeStage::handshake:
      return "the TLS handshake with";
    case ExchangeStage::write:
      return "sending to";
    case ExchangeStage::read:
      return "waiting for the answer of";
  }
  return {};
}

bool is_untrusted(const error_code& error) {
  return error.category() == asio::error::get_ssl_category() &&
         ERR_GET_REASON(static_cast<unsigned long>(error.value())) ==
             SSL_R_CERTIFICATE_VERIFY_FAILED;
}

bool is_too_large(const error_code& error) {
  return error == http::error::body_limit || error == http::error::header_limit ||
         error == http::error::buffer_overflow;
}

std::string_view code_of(const error_code& error, ExchangeStage stage) {
  if (is_too_large(error)) return "answer_too_large";
  if (error == http::error::end_of_stream || error == http::error::partial_message ||
      error == asio::error::eof || error == asio::ssl::error::stream_truncated)
    return "closed";
  if (error.category() == make_error_code(http::error::bad_version).category())
    return "garbage_answer";
  if (error == asio::error::connection_refused) return "refused";
  if (error == asio::error::connection_reset || error == asio::error::broken_pipe ||
      error == asio::error::connection_aborted)
    return "reset";
  if (error == asio::error::host_unreachable || error == asio::error::network_unreachable ||
      error == asio::error::timed_out)
    return "unreachable";
  if (is_untrusted(error)) return "untrusted";
  if (stage == ExchangeStage::resolve) return "unresolved";
  if (stage == ExchangeStage::handshake) return "tls_failed";
  return "network";
}

FailureClass class_of(Departed departed) {
  return departed == Departed::nothing ? FailureClass::transient : FailureClass::in_doubt;
}

}  // namespace

Failure network_failure(const error_code& error, ExchangeStage stage, Departed departed,
                        std::string_view peer) {
  const auto code = code_of(error, stage);
  auto detail = fmt::format("{} {}: {}", doing(stage), peer, error.message());
  if (code == "untrusted")
    detail +=
        "; the certificate is not one that we trust for this name (a private authority is "
        "named by ROLECALL_CA_FILE)";
  return {.kind = class_of(departed), .code = std::string(code), .detail = std::move(detail)};
}

Failure deadline_failure(ExchangeStage stage, Departed departed, std::string_view peer) {
  return {.kind = class_of(departed),
          .code = "deadline",
          .detail = fmt::format("{} {}: the call's deadline passed", doing(stage), peer)};
}

Failure listen_failure(const error_code& error, std::string_view address, std::string_view flag) {
  return {.kind = FailureClass::bad_input,
          .code = "listen",
          .detail = fmt::format("cannot listen on {}: {}; choose another address with {} (port 0 "
                                "picks a free one)",
                                address, error.message(), flag)};
}

}  // namespace rolecall
