#include "tests/support/http.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <stdexcept>

namespace rolecall::testing {

namespace asio = boost::asio;
namespace http_ns = boost::beast::http;

HttpResponse http(const std::string& address, const HttpRequest& request) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos || address.compare(0, colon, "127.0.0.1") != 0)
    throw std::runtime_error("tests speak to 127.0.0.1:port only, not to " + address);
  asio::io_context io;
  boost::beast::tcp_stream stream(io);
  const auto port = static_cast<unsigned short>(std::stoi(address.substr(colon + 1)));
  stream.expires_after(std::chrono::seconds(30));
  stream.connect({asio::ip::make_address("127.0.0.1"), port});

  http_ns::request<http_ns::string_body> message;
  message.method_string(request.method);
  message.target(request.target);
  message.version(11);
  message.set(http_ns::field::host, address);
  message.set(http_ns::field::connection, "close");
  for (const auto& [name, value] : request.headers) message.set(name, value);
  message.body() = request.body;
  message.prepare_payload();
  http_ns::write(stream, message);

  boost::beast::flat_buffer buffer;
  http_ns::response_parser<http_ns::string_body> parser;
  parser.body_limit(256U << 20);
  http_ns::read(stream, buffer, parser);
  HttpResponse response;
  response.status = static_cast<int>(parser.get().result_int());
  for (const auto& field : parser.get()) {
    std::string name(field.name_string());
    for (auto& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    response.headers[name] = std::string(field.value());
  }
  response.body = parser.get().body();
  return response;
}

}  // namespace rolecall::testing
