#include "tests/guides/blocks.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <stdexcept>

#include "tests/support/source_dir.hpp"

namespace rolecall::testing {
namespace {

constexpr std::string_view kFence = "```";

Block opened_by(std::string_view info) {
  const auto blank = info.find(' ');
  Block block{.language = std::string(info.substr(0, blank))};
  if (blank != std::string_view::npos) block.how = info.substr(blank + 1);
  return block;
}

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
  bool follows = false;  // nothing stands between here and the last block
  std::string* text = nullptr;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    const bool is_fence = line.starts_with(kFence);
    if (is_fence && !inside && follows && line.substr(kFence.size()) == "text") {
      text = &blocks.back().shown.emplace();
    } else if (is_fence && !inside) {
      blocks.push_back(opened_by(std::string_view(line).substr(kFence.size())));
      blocks.back().file = document;
      blocks.back().line = number;
      text = &blocks.back().text;
    } else if (inside && !is_fence) {
      *text += line + "\n";
    }
    follows = is_fence ? inside : follows && line.empty();
    inside = inside != is_fence;
  }
  if (inside) throw std::runtime_error(blocks.back().place() + ": the block does not end");
  return blocks;
}

std::string as_shown(std::string output) {
  static const std::vector<std::pair<std::regex, std::string>> words{
      {std::regex(R"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(Z|\+\d\d)?)"), "<time>"},
      {std::regex(R"([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})"), "<uuid>"},
      {std::regex(R"(\b(event|req|om)_[0-9A-Za-z]+)"), "<$1>"},
      {std::regex(R"(psql:\S+: )"), ""},  // where in its file psql met what it tells
      {std::regex(R"( *\n)"), "\n"},
      {std::regex(R"( +)"), " "},
      {std::regex(R"(-{2,})"), "--"},
      {std::regex(R"(\n+$)"), "\n"},
  };
  for (const auto& [pattern, word] : words) output = std::regex_replace(output, pattern, word);
  return output;
}

}  // namespace rolecall::testing
