// blocks.hpp -- the fenced blocks of the project's documents.
// Owns:    their text.
// Thread:  pure but for reading files.
// Fails:   throws std::runtime_error: a file that cannot be read, a fence that does not end.
// Never:   changes a document.
#pragma once

#include <string>
#include <vector>

namespace rolecall::testing {

struct Block {
  std::string file{};  // from the project's root
  int line = 0;        // of the opening fence
  std::string language{};
  std::string text{};

  std::string place() const { return file + ":" + std::to_string(line); }
  std::string first_line() const { return text.substr(0, text.find('\n')); }
};

// README.md and every Markdown file below docs/, sorted; decisions are no guides.
std::vector<std::string> documents();
std::vector<Block> blocks_of(const std::string& document);

}  // namespace rolecall::testing
