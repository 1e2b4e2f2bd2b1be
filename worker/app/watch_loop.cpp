#include "worker/app/watch_loop.hpp"

#include <boost/asio/buffer.hpp>
#include <chrono>
#include <csignal>
#include <utility>

namespace rolecall {
namespace {

using boost::system::error_code;
constexpr std::chrono::seconds kPause{2};

}  // namespace

WatchLoop::WatchLoop() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) stop_.add(number);
  stop_.async_wait([this](const error_code&, int) { io_.stop(); });
}

void WatchLoop::take_keys(int terminal) {
  keys_.emplace(io_, terminal);
  wait_for_key();
}

void WatchLoop::on_signal(int number, std::function<void()> handle) {
  wait_for(others_.emplace_back(io_, number, std::move(handle)));
}

void WatchLoop::run(std::function<void()> look) {
  look_ = std::move(look);
  look_again();
  io_.run();
}

void WatchLoop::look_again() {
  look_();
  pause_.expires_after(kPause);
  pause_.async_wait([this](const error_code&) { look_again(); });
}

void WatchLoop::wait_for_key() {
  keys_->async_read_some(boost::asio::buffer(key_), [this](const error_code& error, std::size_t) {
    if (error) return;  // no more keys: signals are left
    if (key_[0] == 'q' || key_[0] == 'Q') return io_.stop();
    wait_for_key();
  });
}

void WatchLoop::wait_for(Handled& handled) {
  handled.signals.async_wait([this, &handled](const error_code& error, int) {
    if (error) return;
    handled.handle();
    wait_for(handled);
  });
}

}  // namespace rolecall
