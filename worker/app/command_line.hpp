// command_line.hpp -- what was typed, as a value. The one place that knows the commands.
// Owns:    the parser.
// Thread:  main's.
// Fails:   parse() throws CLI::ParseError, which only main catches; describe() says it.
// Never:   reads the environment, connects, or checks a setting's value (config.hpp does).
#pragma once

#include <CLI/CLI.hpp>
#include <iosfwd>
#include <string>

#include "worker/app/config.hpp"

namespace rolecall {

enum class Verb {
  migrate,
  run,
  status,
  preflight,
  sync_roles,
  enable_rbac,
  explain,
  retry,
  reconcile,
  adopt
};

struct Command {
  Verb verb = Verb::status;
  bool dry_run = false;         // migrate
  bool json = false;            // status, preflight, reconcile, adopt
  bool apply = false;           // reconcile, adopt
  bool watch = false;           // status
  bool dead = false;            // retry
  std::string row{};            // explain, retry: an outbox id or a subject
  std::string organization{};   // enable-rbac; retry --dead, reconcile, adopt; empty: all
  std::string failure_class{};  // retry --dead; empty: all
  bool again = false;           // adopt
  std::string policy{};         // adopt: local, workos or newer
  GivenSettings settings{};
};

class CommandLine {
 public:
  CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  Command parse(int argc, const char* const* argv);
  // Prints help, the version or what is wrong, and answers the exit code: 0 when it was asked for,
  // else 2.
  int describe(const CLI::ParseError& error, std::ostream& out, std::ostream& err) const;

 private:
  void add_settings();
  void add_commands();
  void add_repairs();
  void add_adopt();

  CLI::App app_;
  Command command_;
  GivenSettings texts_;  // storage of every setting's flag, by variable
};

}  // namespace rolecall
