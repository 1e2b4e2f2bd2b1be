#include "worker/app/commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "outbox/pg/migrator.hpp"
#include "outbox/pg/query.hpp"
#include "worker/app/exit_code.hpp"
#include "worker/app/statement.hpp"

namespace rolecall {
namespace {

constexpr std::int64_t kDeadAtOnce = 1'000;

bool is_number(const std::string& text) {
  return !text.empty() && text.size() <= 18 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// An outbox id or a subject: subjects never consist of digits alone.
Result<Rows> about_row(Database& database, const std::string& what, const std::string& row) {
  return database.run(statement(what + (is_number(row) ? "_row" : "_subject")), {row});
}

int retry_dead(Database& database, const Command& command, const Console& console) {
  const auto given = [](const std::string& text) { return text.empty() ? Cell{} : Cell{text}; };
  std::int64_t total = 0;
  for (auto batch = kDeadAtOnce; batch == kDeadAtOnce;) {
    const auto rows = database.run(
        statement("retry_dead"),
        {given(command.organization), given(command.failure_class), std::to_string(kDeadAtOnce)});
    if (!rows) return complain(console, rows.error());
    batch = rows->number(0, "requeued");
    total += batch;
    if (console.is_terminal && batch == kDeadAtOnce)
      console.out << total << " requeued\r" << std::flush;
  }
  console.out << fmt::format("{} dead {} requeued\n", total, total == 1 ? "change" : "changes");
  return exit_code::done;
}

}  // namespace

Result<Database> open_database(const Config& config) {
  const auto& url = config.database_url.reveal();
  if (const auto checked = check_schema(url); !checked) return checked.error();
  return Database::connect(url);
}

int migrate_command(const Config& config, const Command& command, const Console& console) {
  const auto report = migrate(config.database_url.reveal(), command.dry_run,
                              [&](const std::string& step) { console.out << step << std::endl; });
  if (!report) return complain(console, report.error());
  if (report->nothing_to_do)
    console.out << fmt::format("nothing to do: the schema is at version {}\n", report->version);
  else if (command.dry_run)
    console.out << fmt::format("would apply {} and be at version {}; nothing was changed\n",
                               fmt::join(report->applied, ", "), report->version);
  else
    console.out << fmt::format("applied {}; the schema is at version {}\n",
                               fmt::join(report->applied, ", "), report->version);
  return exit_code::done;
}

int explain_command(const Config& config, const Command& command, const Console& console) {
  auto database = open_database(config);
  if (!database) return complain(console, database.error());
  const auto story = about_row(*database, "explain", command.row);
  if (!story) return complain(console, story.error());
  if (story->empty()) {
    console.err << fmt::format("rolecall: there is no outbox row or subject {}\n", command.row);
    return exit_code::not_so;
  }
  for (std::size_t i = 0; i < story->size(); ++i) console.out << story->text(i, "line") << '\n';
  return exit_code::done;
}

int retry_command(const Config& config, const Command& command, const Console& console) {
  auto database = open_database(config);
  if (!database) return complain(console, database.error());
  if (command.dead) return retry_dead(*database, command, console);
  const auto rows = about_row(*database, "retry", command.row);
  if (!rows) return complain(console, rows.error());
  const auto answer = rows->empty() ? std::string() : rows->text(0, "answer");
  console.out << answer << '\n';
  // Something newer took its place, or a person has to agree first: what was asked was not done.
  const bool is_done = !answer.starts_with("superseded") && answer != "held";
  return is_done ? exit_code::done : exit_code::not_so;
}

}  // namespace rolecall
