// scratch_dir.hpp -- a folder of a test's own, deleted in the end.
// Owns:    the folder and what is in it.
// Thread:  one.
// Fails:   throws std::runtime_error or std::filesystem::filesystem_error.
// Never:   leaves the system's folder for temporary files.
#pragma once

#include <filesystem>
#include <string>

namespace rolecall::testing {

class ScratchDir {
 public:
  ScratchDir();
  ~ScratchDir();
  ScratchDir(const ScratchDir&) = delete;
  ScratchDir& operator=(const ScratchDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // A file by its path in the folder; folders on the way are made.
  void write(const std::string& file, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

}  // namespace rolecall::testing
