// What the README and the guides show, as a reader would type it: each document's blocks in their
// order, in a database of their own, beside a worker and the emulator.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "tests/guides/blocks.hpp"
#include "tests/support/source_dir.hpp"
#include "tests/support/stand.hpp"

namespace rolecall::testing {
namespace {

const std::set<std::string> kRun{"sql", "sh", "python"};

// Whose eyes a document is written for.
std::string role_of(const std::string& document) {
  if (document == "docs/guides/applications.md") return "rolecall_app";
  return document == "docs/runbook.md" ? "rolecall_operator" : "";
}

// What the documents speak of: somebody called person-1, and members who hold a role.
void furnish(Stand& stand) {
  stand.db().sql("select rolecall.upsert_user('person-1', 'p1@example.com', 'user_person_1')");
  stand.control("POST", "/_emulator/seed",
                R"({"users":[{"id":"user_person_1","email":"p1@example.com"}]})");
  const std::string member =
      "array(select role_urn from rolecall.list_roles('acme') where slug = 'member')";
  for (const std::string person : {"ann", "person-1"})
    stand.db().sql("select rolecall.add_member('acme', $1, " + member + ")", {person});
  stand.start_worker();
  stand.settle();
}

class Reader {
 public:
  explicit Reader(const std::string& document) : role_(role_of(document)) { furnish(stand_); }

  Finished follow(const Block& block) {
    const auto path = std::filesystem::temp_directory_path() /
                      ("guide-" + std::to_string(::getpid()) + "." + block.language);
    std::ofstream(path) << (block.language == "python" ? kPython + block.text : block.text);
    auto settings = stand_.program({}).settings;
    settings["PATH"] = program_path("") + ":" + std::getenv("PATH");
    if (!role_.empty() && block.language != "sh") settings["PGOPTIONS"] = "-c role=" + role_;
    auto finished = run({command(block.language, path.string()), settings, ""});
    std::filesystem::remove(path);
    return finished;
  }

 private:
  std::vector<std::string> command(const std::string& language, const std::string& path) {
    if (language == "sql")
      return {"psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", stand_.db().url(), "-f", path};
    if (language == "sh") return {"bash", "-e", path};
    return {"/usr/bin/python3", path};
  }

  // What the reader's program has around the lines that are shown.
  static inline const std::string kPython =
      "import os, psycopg\n"
      "conn = psycopg.connect(os.environ['DATABASE_URL'], autocommit=True)\n"
      "organization_id = 'acme'\n"
      "claims = {'sub': 'user_ann', 'roles': ['member'], 'iat': 1768478400}\n";

  std::string role_;
  Stand stand_{};
};

class Guide : public ::testing::TestWithParam<std::string> {};

TEST_P(Guide, EveryBlockThatIsMarkedToRunDoes) {
  auto blocks = blocks_of(GetParam());
  std::erase_if(blocks, [](const Block& block) { return !kRun.contains(block.language); });
  if (blocks.empty()) return;
  Reader reader(GetParam());
  for (const Block& block : blocks) {
    const auto finished = reader.follow(block);
    ASSERT_EQ(finished.exit_code, 0) << block.place() << "\n" << block.text << finished.output;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Guide, ::testing::ValuesIn(documents()), [](const auto& info) {
  std::string name = info.param;
  std::ranges::replace_if(name, [](char c) { return std::isalnum(c) == 0; }, '_');
  return name;
});

// file, tab, first line of the block, tab, reason
std::set<std::pair<std::string, std::string>> listed() {
  std::ifstream file(std::filesystem::path(source_dir()) / "tests/guides/not_run.tsv");
  std::set<std::pair<std::string, std::string>> blocks;
  for (std::string line; std::getline(file, line);) {
    const auto first = line.find('\t');
    const auto second = line.find('\t', first + 1);
    if (second == std::string::npos || line.size() < second + 10)
      ADD_FAILURE() << "not_run.tsv: a line without file, block and reason: " << line;
    else
      blocks.emplace(line.substr(0, first), line.substr(first + 1, second - first - 1));
  }
  return blocks;
}

TEST(Guides, EveryOtherBlockIsListedWithTheReason) {
  auto expected = listed();
  for (const auto& document : documents())
    for (const Block& block : blocks_of(document)) {
      if (kRun.contains(block.language)) continue;
      EXPECT_EQ(expected.erase({document, block.first_line()}), 1U)
          << block.place() << ": mark it sql, sh or python, or list it in tests/guides/not_run.tsv";
    }
  for (const auto& [document, line] : expected)
    ADD_FAILURE() << "not_run.tsv lists what is not in " << document << ": " << line;
}

}  // namespace
}  // namespace rolecall::testing
