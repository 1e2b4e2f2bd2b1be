// full_screen.hpp -- the whole terminal for a while; afterwards it is as it was.
// Owns:    the terminal's alternate screen, its cursor, and how it hands keys on.
// Thread:  main's.
// Fails:   never: what a terminal cannot do, it ignores.
// Never:   clears before it paints, so nothing flickers.
#pragma once

#include <termios.h>

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace rolecall {

struct ScreenSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

class FullScreen {
 public:
  explicit FullScreen(std::ostream& out);
  ~FullScreen();
  FullScreen(const FullScreen&) = delete;
  FullScreen& operator=(const FullScreen&) = delete;

  // Lines that are too long or too many are cut.
  void paint(const std::vector<std::string>& lines);
  ScreenSize size() const;
  // A file of its own that tells what is typed, for the caller to close; none: no terminal.
  std::optional<int> keys() const;
  // Ctrl-Z: the shell gets its terminal, and what stood here comes back with fg.
  void stop();

 private:
  void enter();
  void leave();

  std::ostream& out_;
  int terminal_ = -1;
  std::optional<termios> keys_before_{};
};

}  // namespace rolecall
