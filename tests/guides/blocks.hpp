// blocks.hpp -- the fenced blocks of the project's documents.
// Owns:    their text.
// Thread:  pure but for reading files.
// Fails:   throws std::runtime_error: a file that cannot be read, a fence that does not end.
// Never:   changes a document.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace rolecall::testing {

// A fence says the language, and then how the block is run: as which database role (`sql
// rolecall_app`), or beside all that follow (`sh beside`).
struct Block {
  std::string file{};  // from the project's root
  int line = 0;        // of the opening fence
  std::string language{};
  std::string how{};
  std::string text{};
  std::optional<std::string> shown{};  // what it prints: the block `text` that directly follows

  std::string place() const { return file + ":" + std::to_string(line); }
  std::string first_line() const { return text.substr(0, text.find('\n')); }
};

// README.md and every Markdown file below docs/, sorted; decisions are no guides.
std::vector<std::string> documents();
std::vector<Block> blocks_of(const std::string& document);

// `output` without what differs each time: a time, a uuid, and an id of WorkOS's are a word each;
// blanks and dashes in a row, which make columns, are one; lines end where their words do.
std::string as_shown(std::string output);

}  // namespace rolecall::testing
