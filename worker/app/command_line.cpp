#include "worker/app/command_line.hpp"

#include <fmt/format.h>

#include <ostream>

#include "worker/app/exit_code.hpp"

namespace rolecall {
namespace {

constexpr const char* kAbout =
    "Rolecall keeps roles in your Postgres and in WorkOS in agreement.\n"
    "Every setting is an environment variable and a flag; the flag wins.\n"
    "Exit codes: 0 done, 1 it is not so, 2 bad usage or configuration, 3 something is "
    "unreachable.\n";

}  // namespace

CommandLine::CommandLine() : app_(kAbout, "rolecall") {
  app_.set_version_flag("--version", std::string("rolecall ") + ROLECALL_VERSION);
  app_.require_subcommand(1);
  app_.fallthrough();
  add_settings();
  add_commands();
}

void CommandLine::add_settings() {
  for (const auto& setting : settings()) {
    const std::string variable(setting.variable);
    const std::string flag(setting.flag);
    auto help = fmt::format("{} [{}]", setting.help, setting.variable);
    if (!setting.fallback.empty()) help += fmt::format(", default {}", setting.fallback);
    auto* option = setting.kind == SettingKind::on_off
                       ? app_.add_flag(flag + "{true}", texts_[variable], help)
                       : app_.add_option(flag, texts_[variable], help);
    option->group("Settings");
    if (setting.kind == SettingKind::secret)
      app_.add_option(flag + "-file", texts_[variable + "_FILE"],
                      fmt::format("a file that holds it [{}_FILE]", setting.variable))
          ->group("Settings");
  }
}

void CommandLine::add_commands() {
  auto& c = command_;
  auto* migrate = app_.add_subcommand("migrate", "bring the database to this program's schema");
  migrate->add_flag("--dry-run", c.dry_run, "say what would be done and do nothing");
  migrate->footer(
      "Safe beside running workers; a second one waits for the first. Twice is the same as once.");
  migrate->callback([&c] { c.verb = Verb::migrate; });

  auto* run = app_.add_subcommand("run", "deliver role changes to WorkOS until SIGTERM");
  run->footer(
      "Needs DATABASE_URL and WORKOS_API_KEY. SIGTERM drains it: it takes nothing more and\n"
      "ends with what is in flight; a second one ends it at once.");
  run->callback([&c] { c.verb = Verb::run; });

  auto* status = app_.add_subcommand("status", "how things stand, and what waits for a person");
  status->add_flag("--json", c.json, "one JSON document; its names are stable");
  status->add_flag("--watch", c.watch,
                   "every two seconds, with how it came to be so; q or Ctrl-C ends");
  status->footer(
      "rolecall status --watch                 a full screen on a terminal\nrolecall status --json "
      "| jq .attention  what waits for a person, for a script");
  status->callback([&c] { c.verb = Verb::status; });

  auto* preflight = app_.add_subcommand("preflight", "whether all is well before the first run");
  preflight->add_flag("--json", c.json, "one JSON document; its names are stable");
  preflight->footer(
      "Reads only. Exit code 1: there is an error among the findings; each says what to do.");
  preflight->callback([&c] { c.verb = Verb::preflight; });

  auto* sync = app_.add_subcommand("sync-roles", "copy the environment's roles into global_roles");
  sync->footer(
      "Reads WorkOS only; run it again whenever a role of the environment was made or renamed.");
  sync->callback([&c] { c.verb = Verb::sync_roles; });

  auto* enable = app_.add_subcommand(
      "enable-rbac",
      "enforce roles in an organization, with the default grants of admin and member");
  enable->add_option("organization", c.organization, "its id here")->required();
  enable->footer("Refuses until sync-roles has brought the roles. Twice is the same as once.");
  enable->callback([&c] { c.verb = Verb::enable_rbac; });

  add_repairs();
}

// What operators type when something is not as it should be.
void CommandLine::add_repairs() {
  auto& c = command_;
  auto* explain = app_.add_subcommand("explain", "one change's whole story, in words");
  explain->add_option("row", c.row, "an outbox id, or a subject")->required();
  explain->footer(
      "rolecall explain 17              the outbox row 17\nrolecall explain member:acme:u1  the "
      "newest of a subject");
  explain->callback([&c] { c.verb = Verb::explain; });

  auto* retry = app_.add_subcommand("retry", "make a held, dead or waiting change due at once");
  auto* row = retry->add_option("row", c.row, "an outbox id, or a subject");
  auto* dead = retry->add_flag("--dead", c.dead, "every dead change")->excludes(row);
  retry->add_option("--organization", c.organization, "of this organization only")->needs(dead);
  retry->add_option("--class", c.failure_class, "with this failure class only")->needs(dead);
  retry->footer(
      "rolecall retry 17                                  one change\nrolecall retry --dead "
      "--organization acme           all dead ones of an organization\nrolecall retry --dead "
      "--class rejected              all that WorkOS refused");
  retry->callback([&c] {
    c.verb = Verb::retry;
    if (c.row.empty() && !c.dead) throw CLI::RequiredError("an outbox id, or --dead");
  });

  auto* reconcile = app_.add_subcommand("reconcile", "compare both sides in full; 1: they differ");
  reconcile->add_option("--organization", c.organization, "this one only");
  reconcile->add_flag("--apply", c.apply, "repair what differs");
  reconcile->add_flag("--json", c.json, "one JSON document; its names are stable");
  reconcile->footer(
      "rolecall reconcile --organization acme   what differs, and what would be done\nrolecall "
      "reconcile --apply               does it; an interrupted one is simply begun again");
  reconcile->callback([&c] { c.verb = Verb::reconcile; });
  add_adopt();
}

void CommandLine::add_adopt() {
  auto& c = command_;
  auto* adopt = app_.add_subcommand(
      "adopt",
      "take over a team's years of data: link organizations and users, compare, let one side win\n"
      "Without --apply nothing is written. Interrupt it at will: the same command goes on.\n"
      "1: something would change, or was left alone for a person.");
  adopt
      ->add_option("--policy", c.policy,
                   "which side wins where both differ: local (what is here is said to WorkOS), "
                   "workos (what is there is taken over), newer (by the time of the last change; "
                   "local where that is unknown); default local")
      ->check(CLI::IsMember({"local", "workos", "newer"}))
      ->default_str("local");
  adopt->add_option("--organization", c.organization, "this one only");
  auto* apply = adopt->add_flag("--apply", c.apply, "do it, one transaction per organization");
  adopt->add_flag("--again", c.again, "begin anew: also organizations that are done")->needs(apply);
  adopt->add_flag("--json", c.json, "one JSON document; its names are stable");
  adopt->callback([&c] { c.verb = Verb::adopt; });
}

Command CommandLine::parse(int argc, const char* const* argv) {
  app_.parse(argc, argv);
  for (const auto* option : app_.get_options())
    for (const auto& setting : settings()) {
      const std::string flag(setting.flag.substr(2));
      const std::string variable(setting.variable);
      if (option->count() == 0) continue;
      if (option->check_lname(flag)) command_.settings[variable] = texts_[variable];
      if (option->check_lname(flag + "-file"))
        command_.settings[variable + "_FILE"] = texts_[variable + "_FILE"];
    }
  return command_;
}

int CommandLine::describe(const CLI::ParseError& error, std::ostream& out,
                          std::ostream& err) const {
  if (app_.exit(error, out, err) == 0) return exit_code::done;
  return exit_code::bad_usage;
}

}  // namespace rolecall
