#include "tests/observability/scratch_dir.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace rolecall::testing {

ScratchDir::ScratchDir() {
  auto name = (std::filesystem::temp_directory_path() / "rolecall-observability.XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  path_ = name;
}

ScratchDir::~ScratchDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void ScratchDir::write(const std::string& file, const std::string& text) const {
  const auto whole = path_ / file;
  std::filesystem::create_directories(whole.parent_path());
  std::ofstream out(whole);
  out << text;
  if (!out.flush()) throw std::runtime_error("cannot write " + whole.string());
}

}  // namespace rolecall::testing
