#include "worker/app/plain_text.hpp"

namespace rolecall {

std::string one_line(std::string_view text) {
  std::string line;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool c1 =
        byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (c1) ++i;
    line += c1 || byte < 0x20 || byte == 0x7F ? ' ' : text[i];
  }
  return line;
}

}  // namespace rolecall
