// watch_view.hpp -- how things stand and how they got there, as lines of a full screen.
// Owns:    the looks of the last minutes.
// Thread:  pure.
// Fails:   never.
// Never:   reads a clock, the database or the terminal.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "worker/app/full_screen.hpp"
#include "worker/app/palette.hpp"
#include "worker/app/status.hpp"

namespace rolecall {

class WatchHistory {
 public:
  // Instants in seconds of any one clock that only goes forward.
  void keep(double now_s, const StatusReport& report);
  void miss(double now_s);  // the database did not answer

  // Oldest first; none: not known.
  const std::vector<std::optional<double>>& backlog() const { return backlog_; }
  const std::vector<std::optional<double>>& settled_per_s() const { return settled_per_s_; }
  double span_s(std::size_t points) const;  // from the first of the newest points to the last

 private:
  void push(double now_s, std::optional<double> backlog, std::optional<double> settled_per_s);

  std::vector<double> at_s_{};
  std::vector<std::optional<double>> backlog_{};
  std::vector<std::optional<double>> settled_per_s_{};
  std::optional<double> settled_{};  // at the last look
};

struct WatchFrame {
  const StatusReport* report = nullptr;  // the last one that was read; null: none was
  std::string trouble{};                 // why the newest look failed; empty: it did not
  ScreenSize size{};
  Palette palette{};
  bool unicode = false;
};

std::vector<std::string> watch_lines(const WatchFrame& frame, const WatchHistory& history);

}  // namespace rolecall
