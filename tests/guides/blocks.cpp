#include "tests/guides/blocks.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "tests/support/source_dir.hpp"

namespace rolecall::testing {
namespace {

constexpr std::string_view kFence = "```";

}  // namespace

std::vector<std::string> documents() {
  namespace fs = std::filesystem;
  const fs::path root(source_dir());
  std::vector<std::string> found{"README.md"};
  for (const auto& entry : fs::recursive_directory_iterator(root / "docs")) {
    const auto name = entry.path().lexically_relative(root).string();
    if (entry.path().extension() == ".md" && !name.starts_with("docs/decisions/"))
      found.push_back(name);
  }
  std::ranges::sort(found);
  return found;
}

std::vector<Block> blocks_of(const std::string& document) {
  std::ifstream file(std::filesystem::path(source_dir()) / document);
  if (!file) throw std::runtime_error("cannot read " + document);
  std::vector<Block> blocks;
  bool inside = false;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    const bool is_fence = line.starts_with(kFence);
    if (is_fence && !inside)
      blocks.push_back({.file = document, .line = number, .language = line.substr(kFence.size())});
    else if (!is_fence && inside)
      blocks.back().text += line + "\n";
    inside = inside != is_fence;
  }
  if (inside) throw std::runtime_error(blocks.back().place() + ": the block does not end");
  return blocks;
}

}  // namespace rolecall::testing
