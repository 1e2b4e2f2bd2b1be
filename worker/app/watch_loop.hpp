// watch_loop.hpp -- looks again every two seconds until somebody ends it.
// Owns:    its signals and timer.
// Thread:  main's: run() blocks it.
// Fails:   never.
// Never:   looks twice at once.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <optional>
#include <utility>

namespace rolecall {

class WatchLoop {
 public:
  WatchLoop();  // Ctrl-C, SIGTERM and SIGHUP end it
  WatchLoop(const WatchLoop&) = delete;
  WatchLoop& operator=(const WatchLoop&) = delete;

  // The key q ends it too. `terminal` is a file of its own: reading it changes no mode of stdin.
  void take_keys(int terminal);
  void on_signal(int number, std::function<void()> handle);
  void run(std::function<void()> look);

 private:
  struct Handled {
    Handled(boost::asio::io_context& io, int number, std::function<void()> given)
        : signals(io, number), handle(std::move(given)) {}
    boost::asio::signal_set signals;
    std::function<void()> handle;
  };
  void look_again();
  void wait_for_key();
  void wait_for(Handled& handled);

  boost::asio::io_context io_{1};
  boost::asio::signal_set stop_{io_};
  boost::asio::steady_timer pause_{io_};
  std::optional<boost::asio::posix::stream_descriptor> keys_{};
  std::array<char, 1> key_{};
  std::deque<Handled> others_{};
  std::function<void()> look_{};
};

}  // namespace rolecall
