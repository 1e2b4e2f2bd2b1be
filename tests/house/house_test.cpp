#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/house/rules.hpp"
#include "tests/support/source_dir.hpp"

namespace rolecall::house {
namespace {

namespace fs = std::filesystem;

std::vector<SourceFile> source_tree() {
  const fs::path root = source_dir();
  std::vector<SourceFile> files;
  for (const auto* top : {"schema", "outbox", "worker", "workflows", "metrics", "client",
                          "packaging", "tests", "bench", "docs", "cmake"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      const auto path = fs::relative(entry.path(), root).generic_string();
      const auto ending = entry.path().extension();
      if (!entry.is_regular_file() || path.find("node_modules/") != std::string::npos) continue;
      if (ending != ".cpp" && ending != ".hpp" && ending != ".sql" && ending != ".md" &&
          ending != ".cmake" && ending != ".mjs")
        continue;
      std::ifstream in(entry.path());
      std::stringstream text;
      text << in.rdbuf();
      files.push_back({path, text.str()});
    }
  }
  return files;
}

std::string told(const std::vector<Violation>& violations) {
  std::string all;
  for (const auto& v : violations)
    all += "\n  " + v.path + ":" + std::to_string(v.line) + ": " + v.what;
  return all;
}

class HouseRule : public testing::TestWithParam<std::size_t> {};

TEST_P(HouseRule, HoldsInEveryFile) {
  const auto& rule = rules()[GetParam()];
  std::vector<Violation> found;
  for (const auto& file : source_tree())
    for (auto& violation : rule.check(file)) found.push_back(std::move(violation));
  EXPECT_TRUE(found.empty()) << rule.name << told(found);
}

TEST_P(HouseRule, FindsItsCanary) {
  const auto& rule = rules()[GetParam()];
  EXPECT_FALSE(rule.check(rule.canary).empty()) << rule.name << " cannot fail";
}

INSTANTIATE_TEST_SUITE_P(All, HouseRule, testing::Range<std::size_t>(0, rules().size()),
                         [](const auto& info) {
                           auto name = rules()[info.param].name;
                           for (auto& c : name)
                             if (c == ' ') c = '_';
                           return name;
                         });

TEST(HouseTree, HasNoDeadFiles) {
  const auto found = dead_files(source_tree());
  EXPECT_TRUE(found.empty()) << told(found);
}

TEST(HouseTree, FindsADeadFile) {
  EXPECT_EQ(dead_files({{"outbox/unused.hpp", ""}}).size(), 1u);
  EXPECT_EQ(dead_files({{"outbox/sql/unused.sql", ""}}).size(), 1u);
}

TEST(HouseTree, HasEveryTestThatADocumentNames) {
  const auto found = missing_tests(source_tree());
  EXPECT_TRUE(found.empty()) << told(found);
}

TEST(HouseTree, FindsANamedTestThatIsNotThereAndARowWithoutOne) {
  const SourceFile test{"tests/x.cpp", "TEST_F(Some,\n       Thing) {}"};
  EXPECT_TRUE(missing_tests({test, {"docs/hazards.md", "| a | b | `Some.Thing` |\n"}}).empty());
  EXPECT_EQ(missing_tests({test, {"docs/x.md", "see `Some.OtherThing`\n"}}).size(), 1u);
  for (const auto* table : {"docs/hazards.md", "docs/guarantees.md"})
    EXPECT_EQ(missing_tests({test, {table, "| a | b | none |\n"}}).size(), 1u);
}

}  // namespace
}  // namespace rolecall::house
