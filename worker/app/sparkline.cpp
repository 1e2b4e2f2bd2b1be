#include "worker/app/sparkline.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace rolecall {
namespace {

constexpr std::size_t kHeights = 8;  // the first is nothing
constexpr std::array<std::string_view, kHeights> kBlocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, kHeights> kAscii{"_", ".", ":", "-", "=", "+", "*", "#"};

std::size_t height_of(double value, double greatest) {
  if (value <= 0) return 0;
  return static_cast<std::size_t>(std::ceil(value / greatest * (kHeights - 1)));
}

}  // namespace

std::string sparkline(const std::vector<std::optional<double>>& values, std::size_t columns,
                      bool unicode) {
  const auto from = values.size() - std::min(columns, values.size());
  double greatest = 0;
  for (std::size_t i = from; i < values.size(); ++i)
    greatest = std::max(greatest, values[i].value_or(0));
  std::string line;
  for (std::size_t i = from; i < values.size(); ++i)
    line += !values[i] ? " " : (unicode ? kBlocks : kAscii)[height_of(*values[i], greatest)];
  return line;
}

}  // namespace rolecall
