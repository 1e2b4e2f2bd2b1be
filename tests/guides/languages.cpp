#include "tests/guides/languages.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>

#include "tests/support/process.hpp"
#include "tests/support/source_dir.hpp"
#include "tests/support/stand.hpp"

namespace rolecall::testing {
namespace {

namespace fs = std::filesystem;

std::string page_of(const Language& language) {
  return "docs/guides/" + language.name + ".md";
}

std::string module_of(const Language& language) {
  auto blocks = blocks_of(page_of(language));
  std::erase_if(blocks, [](const Block& block) { return !is_module(block); });
  if (blocks.size() != 1)
    throw std::runtime_error(page_of(language) + " shows one block marked " + language.fence);
  return blocks.front().text;
}

class Workshop {
 public:
  Workshop() : folder_(fs::temp_directory_path() / ("languages-" + std::to_string(::getpid()))) {}
  ~Workshop() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  std::string make(const Language& language) const {
    const auto folder = folder_ / language.name;
    fs::create_directories(folder);
    std::ofstream(folder / language.module) << module_of(language);
    const auto maker = source_dir() / "tests/guides/programs/make";
    const auto made =
        run({{maker.string(), language.name, folder.string()}, {}, ""}, std::chrono::minutes(10));
    if (made.exit_code != 0) throw std::runtime_error(page_of(language) + ": " + made.output);
    return folder / "seats";
  }

 private:
  fs::path folder_;
};

}  // namespace

const std::vector<Language>& languages() {
  static const std::vector<Language> all{
      {"typescript", "ts", "roles.ts"},
      {"go", "go", "roles.go"},
      {"python", "python", "roles.py"},
      {"cpp", "cpp", "seats.cpp"},
  };
  return all;
}

bool is_module(const Block& block) {
  return std::ranges::any_of(languages(), [&](const Language& language) {
    return block.file == page_of(language) && block.language == language.fence;
  });
}

std::string program_of(const Language& language) {
  static const Workshop workshop;
  static std::map<std::string, std::string> made;
  auto& path = made[language.name];
  if (path.empty() && language.name == "cpp") {
    // A whole program already: it is built beside this one.
    if (module_of(language) != source_text("client/example/seats.cpp"))
      throw std::runtime_error(page_of(language) + " does not show client/example/seats.cpp");
    path = program_path("seats");
  } else if (path.empty()) {
    path = workshop.make(language);
  }
  return path;
}

}  // namespace rolecall::testing
