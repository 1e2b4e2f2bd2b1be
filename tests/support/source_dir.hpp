// source_dir.hpp -- where the sources are, for tests that read them.
// Owns:    nothing.
// Thread:  any.
// Fails:   throws std::runtime_error when that is not known or the file is not there.
// Never:   asks __FILE__, which the compiler's cache makes relative.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace rolecall {

inline std::filesystem::path source_dir() {
  const char* root = std::getenv("ROLECALL_SOURCE_DIR");
  if (root == nullptr) throw std::runtime_error("set ROLECALL_SOURCE_DIR to the project's root");
  return root;
}

// The text of a file, by its path from there.
inline std::string source_text(const std::string& path) {
  const std::ifstream in(source_dir() / path);
  if (!in) throw std::runtime_error("there is no " + path + " in ROLECALL_SOURCE_DIR");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace rolecall
