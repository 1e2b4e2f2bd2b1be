#include "tests/house/rules.hpp"

#include <array>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace rolecall::house {
namespace {

bool starts_with(const std::string& s, std::string_view prefix) {
  return s.rfind(prefix, 0) == 0;
}

bool ends_with(const std::string& s, std::string_view suffix) {
  return s.size() >= suffix.size() &&
         s.compare(s.size() - suffix.size(), suffix.size(), suffix) == 0;
}

bool is_cpp(const std::string& path) {
  return ends_with(path, ".cpp") || ends_with(path, ".hpp");
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

bool is_pure(const std::string& path) {
  return starts_with(path, "outbox/core/") || starts_with(path, "worker/core/") ||
         starts_with(path, "workflows/");
}

struct Ban {
  std::string pattern;
  std::string instead;
  std::function<bool(const std::string&)> where;
};

std::vector<Violation> apply_bans(const std::vector<Ban>& bans, const SourceFile& file) {
  std::vector<Violation> found;
  const auto lines = lines_of(file.text);
  for (const auto& ban : bans) {
    if (!ban.where(file.path)) continue;
    const std::regex pattern(ban.pattern);
    for (std::size_t i = 0; i < lines.size(); ++i)
      if (std::regex_search(lines[i], pattern))
        found.push_back({file.path, i + 1, ban.pattern + ": " + ban.instead});
  }
  return found;
}

// Layers from left to right; the composition root, tests and bench may look anywhere.
std::vector<Violation> layering(const SourceFile& file) {
  static const std::map<std::string, std::vector<std::string>> allowed{
      {"schema", {"schema"}},
      {"outbox", {"outbox", "schema"}},
      {"worker", {"worker", "outbox", "schema"}},
      {"workflows", {"workflows", "worker", "outbox", "schema"}},
      {"metrics", {"metrics", "outbox/core"}},
      {"client", {"client"}},
  };
  std::vector<Violation> found;
  if (!is_cpp(file.path) || starts_with(file.path, "worker/app/")) return found;
  const auto layer = allowed.find(file.path.substr(0, file.path.find('/')));
  if (layer == allowed.end()) return found;
  static const std::regex include(R"re(^#include "([a-z_]+/[^"]+)")re");
  const auto lines = lines_of(file.text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::smatch match;
    if (!std::regex_search(lines[i], match, include)) continue;
    bool fine = false;
    for (const auto& left : layer->second) fine = fine || starts_with(match[1], left + "/");
    if (starts_with(match[1], "worker/app/")) fine = false;
    if (!fine)
      found.push_back(
          {file.path, i + 1, match[1].str() + " is not to the left of " + layer->first});
  }
  return found;
}

std::vector<Violation> purity(const SourceFile& file) {
  static const std::vector<Ban> bans{
      {R"(boost/(asio|beast)|\basio::|\bbeast::)", "belongs behind a port", is_pure},
      {R"(pqxx|libpq)", "belongs into outbox/pg", is_pure},
      {R"(prometheus)", "belongs into metrics/", is_pure},
      {R"(std::(thread|jthread|mutex|atomic)\b|#include <(thread|mutex|atomic)>)",
       "pure code has no threads", is_pure},
      {R"((system|steady|high_resolution)_clock|random_device|getenv)", "pass it as an argument",
       is_pure},
      {R"(co_await|co_return|co_yield)", "coroutines live in engine and adapters", is_pure},
  };
  return is_cpp(file.path) ? apply_bans(bans, file) : std::vector<Violation>{};
}

std::vector<Violation> bans(const SourceFile& file) {
  const auto cpp = [](const std::string& path) {
    return is_cpp(path) && !starts_with(path, "tests/house/");
  };
  const auto test = [cpp](const std::string& path) {
    return cpp(path) && starts_with(path, "tests/");
  };
  const auto may_not_skip = [test](const std::string& path) {
    return test(path) && path != "tests/support/session_state.hpp";
  };
  const auto any = [](const std::string& path) { return !starts_with(path, "tests/house/"); };
  static const std::vector<Ban> list{
      {R"(catch *\( *\.\.\. *\))", "catch what you can translate", cpp},
      {R"(\bgoto\b)", "return early", cpp},
      {R"(std::format\b|#include <format>)", "use fmt::format", cpp},
      {R"(using namespace std)", "name what you use", cpp},
      {R"(sleep_for|usleep\(|sleep_until)", "wait for a TraceEvent or a condition", test},
      {R"(GTEST_SKIP|DISABLED_)",
       "a test runs or does not exist; NEEDS_SESSION_STATE where a pooler keeps none",
       may_not_skip},
      {R"(experimental::promise|ranged_parallel_group)",
       "not safe in Asio 1.26: use a channel or timer", cpp},
      {R"(\b(TODO|FIXME|XXX|HACK)\b|for now\b|simplified for)", "do it or leave it", any},
  };
  return apply_bans(list, file);
}

// A worker whose wall clock is off, or is set, must not differ from one whose clock is right.
std::vector<Violation> wall_clock(const SourceFile& file) {
  const auto product = [](const std::string& path) {
    return is_cpp(path) && !starts_with(path, "tests/") && !starts_with(path, "bench/");
  };
  static const std::vector<Ban> list{
      {R"(system_clock|gettimeofday|CLOCK_REALTIME|\btime\((nullptr|NULL|0)\)|utc_clock)",
       "the database tells the time; spans are the Clock port's", product}};
  return apply_bans(list, file);
}

std::vector<Violation> columns(const SourceFile& file) {
  std::vector<Violation> found;
  if (!is_cpp(file.path)) return found;
  const auto lines = lines_of(file.text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::size_t width = 0;
    for (const char c : lines[i]) width += (c & 0xC0) != 0x80;
    if (width > 100 && lines[i].find("R\"") == std::string::npos)
      found.push_back({file.path, i + 1, "longer than 100 columns"});
  }
  return found;
}

std::vector<Violation> sizes(const SourceFile& file) {
  const auto lines = lines_of(file.text).size();
  const bool header = ends_with(file.path, ".hpp");
  const std::size_t most = header ? 150 : 400;
  if ((is_cpp(file.path) || ends_with(file.path, ".sql")) && file.path != "schema/schema.sql" &&
      lines > most)
    return {{file.path, lines, "longer than " + std::to_string(most) + " lines: one idea a file"}};
  return {};
}

// A function at column 0 in a .cpp ends with a brace at column 0.
std::vector<Violation> function_lengths(const SourceFile& file) {
  std::vector<Violation> found;
  if (!ends_with(file.path, ".cpp")) return found;
  static const std::regex head(
      R"(^[A-Za-z].*\).*\{$|^    .*\).*\{$|^\S.*\) *(const|noexcept)? *\{$)");
  static const std::regex not_function(R"(^(namespace|struct|class|enum|extern)\b)");
  const auto lines = lines_of(file.text);
  std::size_t begin = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (begin == 0 && !lines[i].empty() && lines[i].back() == '{' && lines[i][0] != ' ' &&
        std::regex_search(lines[i], head) && !std::regex_search(lines[i], not_function))
      begin = i + 1;
    if (begin != 0 && lines[i] == "}") {
      const auto length = i + 2 - begin;
      if (length > 70)
        found.push_back({file.path, begin, "a function of " + std::to_string(length) + " lines"});
      begin = 0;
    }
  }
  return found;
}

std::vector<Violation> header_contract(const SourceFile& file) {
  if (!ends_with(file.path, ".hpp") || starts_with(file.path, "tests/")) return {};
  const auto name = file.path.substr(file.path.rfind('/') + 1);
  std::vector<Violation> found;
  if (!starts_with(file.text, "// " + name + " -- "))
    found.push_back({file.path, 1, "begins with \"// " + name + " -- what it is\""});
  for (const auto* word : {"// Owns:", "// Thread:", "// Fails:", "// Never:"})
    if (file.text.find(word) == std::string::npos)
      found.push_back({file.path, 1, std::string("its contract lacks ") + word});
  if (file.text.find("#pragma once") == std::string::npos)
    found.push_back({file.path, 1, "lacks #pragma once"});
  return found;
}

std::vector<Violation> statement_head(const SourceFile& file) {
  if (!starts_with(file.path, "outbox/sql/") || !ends_with(file.path, ".sql")) return {};
  std::vector<Violation> found;
  if (!starts_with(file.text, "-- ")) found.push_back({file.path, 1, "begins with what it does"});
  for (const auto* word : {"Called by:", "Relies on:", "Holds:"})
    if (file.text.find(word) == std::string::npos)
      found.push_back({file.path, 1, std::string("its head lacks ") + word});
  return found;
}

std::vector<Violation> file_names(const SourceFile& file) {
  static const std::regex bad(R"((^|[/_])(util|utils|common|helper|helpers|manager|misc)[_.])");
  if (std::regex_search(file.path, bad)) return {{file.path, 0, "name it after what it does"}};
  return {};
}

std::vector<Violation> about_itself(const SourceFile& file) {
  static const std::vector<Ban> list{
      {R"((^|[\s"'(=])/(home|root|Users|mnt)/)", "no path of one machine",
       [](const std::string& path) { return !starts_with(path, "tests/house/"); }}};
  return apply_bans(list, file);
}

}  // namespace

const std::vector<Rule>& rules() {
  const std::string long_function = "int f() {\n" + std::string(80, '\n') + "}\n";
  static const std::vector<Rule> all{
      {"layers", layering, {"outbox/core/x.cpp", "#include \"worker/clock.hpp\"\n"}},
      {"purity", purity, {"workflows/x.cpp", "auto t = std::chrono::system_clock::now();\n"}},
      {"bans", bans, {"worker/net/x.cpp", "} catch (...) {\n"}},
      {"wall clock", wall_clock, {"worker/net/x.cpp", "std::chrono::system_clock::now();\n"}},
      {"columns", columns, {"outbox/pg/x.cpp", std::string(101, 'x') + "\n"}},
      {"sizes", sizes, {"outbox/pg/x.cpp", std::string(401, '\n')}},
      {"function lengths", function_lengths, {"outbox/pg/x.cpp", long_function}},
      {"header contract", header_contract, {"outbox/x.hpp", "#pragma once\n"}},
      {"statement head", statement_head, {"outbox/sql/x.sql", "select 1\n"}},
      {"file names", file_names, {"worker/core/string_util.hpp", ""}},
      {"about itself", about_itself, {"docs/x.md", "see /home/somebody/notes\n"}},
  };
  return all;
}

std::vector<Violation> dead_files(const std::vector<SourceFile>& files) {
  std::string includes, statements;
  for (const auto& file : files) {
    if (is_cpp(file.path)) includes += file.text;
    if (starts_with(file.path, "outbox/pg/")) statements += file.text;
  }
  std::vector<Violation> found;
  for (const auto& file : files) {
    if (ends_with(file.path, ".hpp") &&
        includes.find("#include \"" + file.path + "\"") == std::string::npos)
      found.push_back({file.path, 0, "nobody includes it"});
    const bool statement = starts_with(file.path, "outbox/sql/") &&
                           file.path.find("/functions/") == std::string::npos &&
                           ends_with(file.path, ".sql");
    if (!statement) continue;
    const auto begin = file.path.rfind('/') + 1;
    const auto name = file.path.substr(begin, file.path.size() - begin - 4);
    if (statements.find('"' + name + '"') == std::string::npos)
      found.push_back({file.path, 0, "no code in outbox/pg names it"});
  }
  return found;
}

std::vector<Violation> missing_tests(const std::vector<SourceFile>& files) {
  static const std::regex test(R"re(TEST(_F|_P)?\(\s*(\w+),\s*(\w+)\s*\))re");
  static const std::regex named(R"re(`([A-Z]\w*\.[A-Z]\w*)`)re");
  const std::sregex_iterator end;
  std::set<std::string> tests;
  for (const auto& [path, text] : files) {
    if (!starts_with(path, "tests/") || !ends_with(path, ".cpp")) continue;
    std::smatch match;
    for (auto at = text.find("TEST"); at != std::string::npos; at = text.find("TEST", at + 1))
      if (std::regex_search(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), match, test,
                            std::regex_constants::match_continuous))
        tests.insert(match[2].str() + '.' + match[3].str());
  }
  std::vector<Violation> found;
  for (const auto& file : files) {
    if (!starts_with(file.path, "docs/")) continue;
    const bool rows_name_tests =
        file.path == "docs/hazards.md" || file.path == "docs/guarantees.md";
    const auto lines = lines_of(file.text);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      std::sregex_iterator at(lines[i].begin(), lines[i].end(), named);
      const bool row = rows_name_tests && starts_with(lines[i], "| ") &&
                       !starts_with(lines[i], "| hazard |") &&
                       !starts_with(lines[i], "| promise |");
      if (row && at == end) found.push_back({file.path, i + 1, "this row names no test"});
      for (; at != end; ++at)
        if (tests.count((*at)[1]) == 0)
          found.push_back({file.path, i + 1, "there is no test " + (*at)[1].str()});
    }
  }
  return found;
}

}  // namespace rolecall::house
