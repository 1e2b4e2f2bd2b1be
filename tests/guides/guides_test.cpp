// What the README and the guides show, as a reader would type it: each document's blocks in their
// order, in a database of their own, beside a worker and the emulator; and what is printed, where
// that is shown.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <set>

#include "tests/guides/blocks.hpp"
#include "tests/guides/languages.hpp"
#include "tests/support/source_dir.hpp"
#include "tests/support/stand.hpp"

namespace rolecall::testing {
namespace {

const std::set<std::string> kRun{"sql", "sh"};

// Whose eyes a document is written for.
std::string role_of(const std::string& document) {
  if (document == "docs/guides/applications.md") return "rolecall_app";
  if (document == "docs/runbook.md" || document == "docs/guides/operate.md")
    return "rolecall_operator";
  return "";
}

// Its reader has an empty database, and WorkOS knows nobody.
bool begins_with_nothing(const std::string& document) {
  return document == "docs/guides/quick-start.md";
}

std::unique_ptr<Stand> stand_for(const std::string& document) {
  if (!begins_with_nothing(document)) return std::make_unique<Stand>();
  return std::make_unique<Stand>(StandOptions{.seeded = false},
                                 std::make_unique<TestDatabase>(TestDatabase::Schema::empty));
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
  explicit Reader(const std::string& document)
      : role_(role_of(document)), stand_(stand_for(document)) {
    if (!begins_with_nothing(document)) furnish(*stand_);
  }

  Finished follow(const Block& block) {
    if (block.shown) rest();
    if (block.how == "beside") {
      beside_.emplace_back(
          ProcessOptions{{"bash", "-c", "exec " + block.first_line()}, settings_for(block), ""});
      return {};
    }
    const auto path = std::filesystem::temp_directory_path() /
                      ("guide-" + std::to_string(::getpid()) + "." + block.language);
    std::ofstream(path) << block.text;
    auto finished = run({command(block.language, path.string()), settings_for(block), ""});
    std::filesystem::remove(path);
    return finished;
  }

 private:
  // A reader types slowly: what was begun above has come to its end.
  void rest() {
    stand_->until(
        [&] {
          auto& db = stand_->db();
          if (db.value("select to_regclass('rolecall.provider') is null") == "t") return true;
          return db.value(
                     "select p.state <> 'up' or not exists (select from rolecall.convergence c "
                     "where c.state in ('pending', 'delivered')) from rolecall.provider p") == "t";
        },
        "nothing is on its way");
  }

  std::map<std::string, std::string> settings_for(const Block& block) const {
    auto settings = stand_->program({}).settings;
    settings["PATH"] = program_path("") + ":" + std::getenv("PATH");
    const auto& role = block.how.empty() || block.how == "beside" ? role_ : block.how;
    if (!role.empty() && block.language != "sh") settings["PGOPTIONS"] = "-c role=" + role;
    return settings;
  }

  std::vector<std::string> command(const std::string& language, const std::string& path) {
    if (language == "sql")
      return {"psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", stand_->db().url(), "-f", path};
    return {"bash", "-e", path};
  }

  std::string role_;
  std::unique_ptr<Stand> stand_;
  std::vector<Process> beside_{};
};

class Guide : public ::testing::TestWithParam<std::string> {};

TEST_P(Guide, EveryBlockThatIsMarkedToRunDoes) {
  auto blocks = blocks_of(GetParam());
  std::erase_if(blocks, [](const Block& block) { return !kRun.contains(block.language); });
  if (blocks.empty()) return;
  Reader reader(GetParam());
  for (const Block& block : blocks) {
    const auto finished = reader.follow(block);
    // Only what is shown to be refused is.
    const bool refused = block.shown && block.shown->find("ERROR:") != std::string::npos;
    ASSERT_EQ(finished.exit_code != 0, refused) << block.place() << "\n"
                                                << block.text << finished.output;
    if (!block.shown) continue;
    EXPECT_EQ(as_shown(*block.shown), as_shown(finished.output)) << block.place() << " prints\n"
                                                                 << finished.output;
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
      if (kRun.contains(block.language) || is_module(block)) continue;
      EXPECT_FALSE(block.shown) << block.place() << ": what it prints cannot be compared";
      EXPECT_EQ(expected.erase({document, block.first_line()}), 1U)
          << block.place() << ": mark it sql or sh, or list it in tests/guides/not_run.tsv";
    }
  for (const auto& [document, line] : expected)
    ADD_FAILURE() << "not_run.tsv lists what is not in " << document << ": " << line;
}

TEST(Guides, ShowWhatIsPrintedButForTimesIdsAndWidths) {
  EXPECT_EQ(as_shown(" id  |  at \n-----+----\n 2026-11-22 08:27:18.5+00 | x  \n\n"),
            as_shown(" id | at\n--+--------\n 2025-01-02 03:04:05+00 | x\n"));
  EXPECT_EQ(as_shown("seen by event_01ABC in 01890a5d-ac96-774b-bcce-b302099a8057"),
            as_shown("seen by event_02DEF in 01890a5d-ac96-774b-bcce-b302099a8058"));
  EXPECT_EQ(as_shown("psql:/tmp/1.sql:3: NOTICE:  a"), as_shown("NOTICE:  a"));
  EXPECT_NE(as_shown("requeued\n"), as_shown("already due\n"));
  EXPECT_NE(as_shown("row 4711\n"), as_shown("row 4712\n"));
}

TEST(Guides, TellOfEveryFunctionThatAnOperatorMayCall) {
  std::ifstream file(std::filesystem::path(source_dir()) / "docs/guides/operate.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  TestDatabase db;
  const auto rows = db.sql(
      "select distinct p.proname from pg_proc p where p.pronamespace = 'rolecall'::regnamespace "
      "and has_function_privilege('rolecall_operator', p.oid, 'execute') and not exists (select "
      "from pg_depend d join pg_rewrite w on w.oid = d.objid and d.classid = "
      "'pg_rewrite'::regclass "
      "where d.refobjid = p.oid)");  // what views call is theirs
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const auto name = rows.text(row, "proname");
    EXPECT_TRUE(text.find('`' + name + '`') != std::string::npos ||
                text.find("rolecall." + name + "(") != std::string::npos)
        << name;
  }
}

}  // namespace
}  // namespace rolecall::testing
