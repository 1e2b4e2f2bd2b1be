// languages.hpp -- the modules that docs/guides show for each language, as programs.
// Owns:    the folder where they are made, once per process, removed in the end.
// Thread:  one.
// Fails:   throws std::runtime_error with what the compiler said, or which tool is missing.
// Never:   skips a language.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "tests/guides/blocks.hpp"

namespace rolecall::testing {

struct Language {
  std::string name;    // docs/guides/<name>.md shows the module
  std::string fence;   // ... in its one block that is marked so
  std::string module;  // the file's name, as its program imports it

  friend std::ostream& operator<<(std::ostream& out, const Language& language) {
    return out << language.name;
  }
};

const std::vector<Language>& languages();

// Whether the block is such a module: Languages.* run it.
bool is_module(const Block& block);

// The path of the program; all take the same arguments (client/example/seats.cpp tells which).
std::string program_of(const Language& language);

}  // namespace rolecall::testing
