// options.cpp -- see options.hpp.
#include "tests/emulator/options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <fstream>
#include <sstream>

namespace rolecall::emulator {

namespace {

std::optional<int> read_count(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

// Loads and tries the seed; a mistake is found at the start and not at the first reset.
std::optional<std::string> load_seed(const std::string& path, EmulatorOptions& options) {
  if (path.empty()) return std::nullopt;
  std::ifstream file{path};
  if (!file) return fmt::format("--seed: {} cannot be read", path);
  std::ostringstream text;
  text << file.rdbuf();
  options.seed_text = text.str();
  Emulator trial{EmulatorOptions{}};
  if (const auto wrong = trial.seed(options.seed_text, {}))
    return fmt::format("--seed: {}: {}", path, *wrong);
  return std::nullopt;
}

}  // namespace

bool read_rate_limit(const std::string& text, RateLimitSettings& settings) {
  const std::size_t equals = text.find('=');
  const std::size_t slash = text.find('/', equals == std::string::npos ? 0 : equals);
  if (equals == std::string::npos || slash == std::string::npos) return false;
  const auto limit = settings.limits.find(text.substr(0, equals));
  const auto requests = read_count(std::string_view{text}.substr(equals + 1, slash - equals - 1));
  const auto seconds = read_count(std::string_view{text}.substr(slash + 1));
  if (limit == settings.limits.end() || !requests || !seconds || *seconds == 0) return false;
  limit->second = {*requests, *seconds};
  return true;
}

std::variant<ProgramOptions, Exit> read_options(int argc, const char* const* argv) {
  ProgramOptions options;
  std::string rate_limits = "on";
  std::vector<std::string> limits;
  std::string seed;
  std::int64_t event_delay_ms = 0;
  CLI::App app{"Answers as the WorkOS API does, on 127.0.0.1, for tests and demonstrations."};
  app.add_option("--port", options.port, "port to listen on; 0 picks a free one")
      ->capture_default_str();
  app.add_option("--rate-limits", rate_limits, "on or off")->check(CLI::IsMember({"on", "off"}));
  app.add_option("--rate-limit", limits,
                 "NAME=REQUESTS/SECONDS for um_write, um_read, general or organization_delete");
  app.add_option("--seed", seed, "JSON file with organizations, users, roles and memberships");
  app.add_option("--api-key", options.emulator.model.api_key,
                 "the only key to accept; without it any that begins with sk_test_");
  app.add_flag("--multiple-roles", options.emulator.model.multiple_roles,
               "members may hold several roles");
  app.add_option("--event-delay-ms", event_delay_ms, "how long events are held back from readers")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--random-seed", options.emulator.model.random_seed,
                 "the seed of ids and of faults' probabilities");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return Exit{0, app.help()};
    return Exit{2, fmt::format("{}\nRun with --help for the options.\n", error.what())};
  }
  options.emulator.rate_limits.on = rate_limits == "on";
  options.emulator.model.event_delay = Millis{event_delay_ms};
  for (const std::string& limit : limits)
    if (!read_rate_limit(limit, options.emulator.rate_limits))
      return Exit{2, fmt::format("--rate-limit: {} is not like um_write=500/10\n", limit)};
  if (const auto wrong = load_seed(seed, options.emulator)) return Exit{2, *wrong + "\n"};
  return options;
}

}  // namespace rolecall::emulator
