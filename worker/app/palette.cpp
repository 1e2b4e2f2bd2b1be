#include "worker/app/palette.hpp"

#include <algorithm>

namespace rolecall {
namespace {

bool continues_a_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

}  // namespace

std::string cut_to(std::string_view line, std::size_t columns) {
  std::string kept;
  std::size_t used = 0;
  for (std::size_t at = 0; at < line.size();) {
    if (line[at] == '\x1b') {  // colours end with m, and all of them are kept: the last ones reset
      const auto end = std::min(line.find('m', at), line.size() - 1);
      kept += line.substr(at, end - at + 1);
      at = end + 1;
      continue;
    }
    std::size_t end = at + 1;
    while (end < line.size() && continues_a_character(line[end])) ++end;
    if (used++ < columns) kept += line.substr(at, end - at);
    at = end;
  }
  return kept;
}

}  // namespace rolecall
