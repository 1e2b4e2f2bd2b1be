#include "worker/net/http_client.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/buffers_iterator.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

#include "worker/net/address.hpp"
#include "worker/net/errors.hpp"
#include "worker/net/visible.hpp"

namespace rolecall {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;

constexpr std::uint32_t kMaxHeaderBytes = 32U << 10U;
constexpr std::size_t kReadBytes = 16U << 10U;
// Body bytes leave the buffer as they are parsed; what stays is one header or one chunk's head.
constexpr std::size_t kMaxBufferBytes = kMaxHeaderBytes + 2 * kReadBytes;
constexpr int kMaxInterimAnswers = 8;

Failure failure(FailureClass kind, std::string code, std::string detail) {
  return {.kind = kind, .code = std::move(code), .detail = std::move(detail)};
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_visible(c) &&
           std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
  });
}
bool is_header_value(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

// Text that would end a line early could become a second request.
bool is_well_formed(const HttpRequest& request) {
  return is_token(request.method) && request.target.starts_with('/') &&
         std::ranges::all_of(request.target, is_visible) &&
         std::ranges::all_of(request.headers, [](const auto& header) {
           return is_token(header.first) && is_header_value(header.second);
         });
}

// Closes the connection when the time is over; whatever the exchange waits for then ends.
class DeadlineWatch {
 public:
  DeadlineWatch(const asio::any_io_executor& executor, std::shared_ptr<HttpConnection> connection,
                std::chrono::microseconds patience)
      : state_(std::make_shared<State>(executor, std::move(connection))) {
    state_->timer.expires_after(patience);
    state_->timer.async_wait([state = state_](const boost::system::error_code& error) {
      if (error || state->over) return;
      state->passed = true;
      state->connection->close();
    });
  }
  DeadlineWatch(const DeadlineWatch&) = delete;
  DeadlineWatch& operator=(const DeadlineWatch&) = delete;
  ~DeadlineWatch() {
    state_->over = true;
    state_->timer.cancel();
  }
  bool passed() const { return state_->passed; }

 private:
  struct State {
    State(const asio::any_io_executor& executor, std::shared_ptr<HttpConnection> c)
        : timer(executor), connection(std::move(c)) {}
    asio::steady_timer timer;
    std::shared_ptr<HttpConnection> connection;
    bool passed = false;
    bool over = false;
  };
  std::shared_ptr<State> state_;
};

// Takes bytes as they come and says when one whole answer is there.
class AnswerReader {
 public:
  explicit AnswerReader(std::size_t max_body) : max_body_(max_body) { restart(); }

  // Room for the next read; none: the answer's framing is larger than any honest one.
  std::optional<asio::mutable_buffer> room() {
    if (buffer_.size() + kReadBytes > kMaxBufferBytes) return std::nullopt;
    return buffer_.prepare(kReadBytes);
  }

  boost::system::error_code take(std::size_t bytes) {
    buffer_.commit(bytes);
    boost::system::error_code error;
    while (buffer_.size() > 0 && !done()) {
      const auto used = parser_->put(buffer_.data(), error);
      buffer_.consume(used);
      if (error == http::error::need_more) return {};
      if (error) return error;
      if (parser_->is_done() && is_interim() && ++interim_ <= kMaxInterimAnswers) restart();
    }
    return {};
  }

  boost::system::error_code take_end() {
    boost::system::error_code error;
    if (!parser_->got_some()) return http::error::end_of_stream;
    parser_->put_eof(error);
    return error;
  }

  bool done() const { return parser_->is_done(); }
  // Nothing that was not asked for stands in the buffer, and the other side will go on.
  // An interim answer says that the real one is still to come: it would be the next request's.
  bool may_go_on() const {
    return parser_->keep_alive() && buffer_.size() == 0 && parser_->get().result_int() >= 200;
  }

  HttpResponse release() {
    HttpResponse answer{.status = static_cast<int>(parser_->get().result_int())};
    for (const auto& field : parser_->get()) {
      std::string name(field.name_string());
      std::ranges::transform(name, name.begin(),
                             [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
      auto& value = answer.headers[name];
      if (!value.empty()) value += ", ";
      value += field.value();
    }
    answer.body = std::move(parser_->get().body());
    return answer;
  }

 private:
  bool is_interim() const {
    const auto status = parser_->get().result_int();
    return status >= 100 && status < 200 && status != 101;
  }
  void restart() {
    parser_.emplace();
    parser_->eager(true);
    parser_->body_limit(max_body_);
    parser_->header_limit(kMaxHeaderBytes);
  }

  std::size_t max_body_;
  int interim_ = 0;
  beast::flat_buffer buffer_{kMaxBufferBytes};
  std::optional<http::response_parser<http::string_body>> parser_;
};

}  // namespace

struct HttpClient::Core {
  HttpClientOptions options;
  BaseUrl url;
  const Clock& clock;
  asio::any_io_executor executor;
  ApiKey key;
  std::unique_ptr<ssl::context> tls{};
  std::shared_ptr<HttpConnectionPool> pool{};

  std::string wire_text(const HttpRequest& request);
  Task<Result<HttpResponse>> exchange(const HttpRequest& request, Instant deadline,
                                      const MayLeave& may_leave);
  Task<std::optional<Failure>> open(HttpConnection& connection, const DeadlineWatch& watch,
                                    Instant deadline);
  Task<Result<HttpResponse>> read_answer(HttpConnectionPool::Borrowed& borrowed,
                                         const DeadlineWatch& watch);
  Failure explain(const DeadlineWatch& watch, const error_code& error, ExchangeStage stage,
                  Departed departed) const {
    return watch.passed() ? deadline_failure(stage, departed, url.peer())
                          : network_failure(error, stage, departed, url.peer());
  }
};

std::string HttpClient::Core::wire_text(const HttpRequest& request) {
  auto text =
      fmt::format("{} {}{} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\nuser-agent: {}\r\n",
                  request.method, url.prefix, request.target, url.authority(),
                  key.at(clock.now()).reveal(), options.user_agent);
  for (const auto& [name, value] : request.headers) text += fmt::format("{}: {}\r\n", name, value);
  if (!request.body.empty() || (request.method != "GET" && request.method != "DELETE"))
    text += fmt::format("content-length: {}\r\n", request.body.size());
  return text + "\r\n" + request.body;
}

Task<std::optional<Failure>> HttpClient::Core::open(HttpConnection& connection,
                                                    const DeadlineWatch& watch, Instant deadline) {
  const auto whole = std::chrono::ceil<Millis>(deadline - clock.now());
  const auto found = co_await resolve(executor, url, whole);
  if (found.error) co_return explain(watch, found.error, ExchangeStage::resolve, Departed::nothing);
  if (clock.now() >= deadline)
    co_return deadline_failure(ExchangeStage::resolve, Departed::nothing, url.peer());
  if (auto error = co_await connection.connect(found.endpoints, clock, deadline))
    co_return explain(watch, error, ExchangeStage::connect, Departed::nothing);
  if (!connection.is_tls()) co_return std::nullopt;
  if (auto error = co_await connection.handshake(url.host))
    co_return explain(watch, error, ExchangeStage::handshake, Departed::nothing);
  co_return std::nullopt;
}

Task<Result<HttpResponse>> HttpClient::Core::read_answer(HttpConnectionPool::Borrowed& borrowed,
                                                         const DeadlineWatch& watch) {
  AnswerReader reader(options.max_answer_bytes);
  const auto failed = [&](const error_code& error) {
    return explain(watch, error, ExchangeStage::read, Departed::something);
  };
  while (!reader.done()) {
    const auto room = reader.room();
    if (!room) co_return failed(http::error::buffer_overflow);
    const auto moved = co_await borrowed.connection().read_some(*room);
    auto error = moved.error == asio::error::eof ? reader.take_end() : moved.error;
    if (!error && moved.bytes > 0) error = reader.take(moved.bytes);
    if (error) co_return failed(error);
  }
  if (reader.may_go_on()) borrowed.keep();
  co_return reader.release();
}

Task<Result<HttpResponse>> HttpClient::Core::exchange(const HttpRequest& request, Instant deadline,
                                                      const MayLeave& may_leave) {
  auto place = co_await pool->borrow(deadline);
  const auto patience = deadline - clock.now();
  if (!place || patience <= patience.zero())
    co_return failure(
        FailureClass::transient, "deadline",
        fmt::format("no free connection to {} before the call's deadline; {} are busy", url.peer(),
                    pool->use().busy));
  auto borrowed = std::move(*place);
  place.reset();
  const DeadlineWatch watch(executor, borrowed.share(), patience);
  auto& connection = borrowed.connection();
  if (!connection.is_open())
    if (auto failed = co_await open(connection, watch, deadline)) co_return *std::move(failed);
  const auto text = wire_text(request);
  // After a standstill the watch may not have been told yet: the clock decides.
  if (watch.passed() || clock.now() >= deadline)
    co_return deadline_failure(ExchangeStage::connect, Departed::nothing, url.peer());
  if (!may_leave())
    co_return failure(FailureClass::transient, "not_sent",
                      fmt::format("the call to {} might no longer leave when its connection was "
                                  "there; nothing was sent",
                                  url.peer()));
  if (const auto sent = co_await connection.write(text); sent.error) {
    // Under TLS nobody tells how much of a record left.
    const bool nothing = sent.bytes == 0 && !connection.is_tls();
    co_return explain(watch, sent.error, ExchangeStage::write,
                      nothing ? Departed::nothing : Departed::something);
  }
  co_return co_await read_answer(borrowed, watch);
}

Result<std::unique_ptr<HttpClient>> HttpClient::create(HttpClientOptions options,
                                                       const Clock& clock,
                                                       asio::any_io_executor executor) {
  auto url = parse_base_url(options.base_url);
  if (!url) return url.error();
  if (auto usable = usable_key(options.api_key); !usable) return usable.error();
  ApiKey key(std::move(options.api_key), std::move(options.api_key_file),
             std::move(options.on_key));
  auto core = std::make_shared<Core>(Core{.options = std::move(options),
                                          .url = *url,
                                          .clock = clock,
                                          .executor = executor,
                                          .key = std::move(key)});
  if (url->tls) {
    core->tls = std::make_unique<ssl::context>(ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(core->tls->native_handle(), TLS1_2_VERSION);
    core->tls->set_verify_mode(ssl::verify_peer);
    boost::system::error_code error;
    const auto& ca_file = core->options.ca_file;
    if (ca_file.empty())
      core->tls->set_default_verify_paths(error);
    else
      core->tls->load_verify_file(ca_file, error);
    if (error)
      return failure(
          FailureClass::bad_input, "bad_ca_file",
          fmt::format("no certificate authority could be read from {}: {}",
                      ca_file.empty() ? "the system's folder" : ca_file, error.message()));
  }
  auto* tls = core->tls.get();
  core->pool = std::make_shared<HttpConnectionPool>(
      executor, clock, core->options.pool,
      [executor, tls] { return std::make_shared<HttpConnection>(executor, tls); });
  return std::unique_ptr<HttpClient>(new HttpClient(std::move(core)));
}

HttpClient::HttpClient(std::shared_ptr<Core> core) : core_(std::move(core)) {}
HttpClient::~HttpClient() {
  core_->pool->shut();
}

Task<Result<HttpResponse>> HttpClient::send(HttpRequest request, Instant deadline,
                                            MayLeave may_leave) {
  auto core = core_;
  if (!is_well_formed(request))
    co_return failure(FailureClass::bug, "bad_request",
                      "a method, target or header with characters that HTTP does not allow");
  co_return co_await core->exchange(request, deadline, may_leave);
}

PoolUse HttpClient::pool_use() const {
  return core_->pool->use();
}

}  // namespace rolecall
