#include "worker/app/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>

#include "worker/net/address.hpp"
#include "worker/net/api_key.hpp"

namespace rolecall {
namespace {

constexpr std::array kSettings{
    Setting{"DATABASE_URL", "--database-url", "", "PostgreSQL: any libpq connection string",
            SettingKind::secret},
    Setting{"WORKOS_API_KEY", "--workos-api-key", "", "the environment's secret key",
            SettingKind::secret},
    Setting{"WORKOS_API_BASE_URL", "--workos-api-base-url", "https://api.workos.com",
            "where WorkOS answers; plain http for loopback only"},
    Setting{"ROLECALL_CA_FILE", "--ca-file", "",
            "PEM file: trust these certificate authorities instead of the system's"},
    Setting{"ROLECALL_LISTEN", "--listen", "127.0.0.1:9464",
            "address of /metrics, /healthz, /readyz and the webhooks; port 0 picks a free one"},
    Setting{"WORKOS_WEBHOOK_SECRET", "--workos-webhook-secret", "",
            "the webhook endpoint's secret; several, separated by commas or blanks, while one is "
            "replaced",
            SettingKind::secret},
    Setting{"ROLECALL_WEBHOOK_TOLERANCE_S", "--webhook-tolerance-s", "180",
            "how old a webhook's signature may be, and how far ahead of the database's clock"},
    Setting{"ROLECALL_CONCURRENCY", "--concurrency", "64", "deliveries and reads in flight"},
    Setting{"ROLECALL_LEASE_MS", "--lease-ms", "30000", "how long a lease lasts"},
    Setting{"ROLECALL_CALL_DEADLINE_MS", "--call-deadline-ms", "10000",
            "how long one call to WorkOS may take"},
    Setting{"ROLECALL_POLL_MS", "--poll-ms", "1000", "how often to look without being woken"},
    Setting{"ROLECALL_POLL_ONLY", "--poll-only", "false",
            "no session state in the database: for a transaction pooler in between",
            SettingKind::on_off},
    Setting{"ROLECALL_ACCEPT_ENVIRONMENT", "--accept-environment", "false",
            "go on though WorkOS knows none of the linked organizations that were looked for",
            SettingKind::on_off},
    Setting{"ROLECALL_DATABASE_CONNECTIONS", "--database-connections", "4",
            "connections for the worker's statements, besides one for its session"},
    Setting{"ROLECALL_LOG", "--log", "text", "text or json"},
    Setting{"ROLECALL_LOG_LEVEL", "--log-level", "info", "debug, info, warning or error"},
};

std::string both_names(const Setting& setting) {
  return fmt::format("{} ({})", setting.variable, setting.flag);
}

class Loader {
 public:
  Loader(const GivenSettings& flags, const Environment& environment)
      : flags_(flags), environment_(environment) {}

  std::string text(std::string_view variable) {
    const auto& setting = find(variable);
    auto given = setting.kind == SettingKind::secret ? secret(setting) : plain(setting.variable);
    return given.value_or(std::string(setting.fallback));
  }

  std::string required(std::string_view variable, std::string_view example) {
    const auto before = problems_.size();
    auto value = text(variable);
    if (value.empty() && problems_.size() == before)
      complain(variable, fmt::format("is missing; {}", example));
    return value;
  }

  // The file that holds a secret; empty: it is given itself.
  std::string file_of(std::string_view variable) const {
    return given(find(variable)).file.value_or("");
  }

  int number(std::string_view variable, int least, int most) {
    const auto given = text(variable);
    int value = 0;
    const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
    if (error != std::errc{} || end != given.data() + given.size() || value < least || value > most)
      complain(variable,
               fmt::format("is '{}', which is no whole number from {} to {}", given, least, most));
    return std::clamp(value, least, most);
  }

  bool on_off(std::string_view variable) {
    const auto given = text(variable);
    for (const auto* word : {"1", "true", "yes", "on"})
      if (given == word) return true;
    for (const auto* word : {"0", "false", "no", "off"})
      if (given == word) return false;
    complain(variable, fmt::format("is '{}', which is neither true nor false", given));
    return false;
  }

  template <class T, std::size_t N>
  T one_of(std::string_view variable, const std::array<std::pair<std::string_view, T>, N>& words) {
    const auto given = text(variable);
    std::string choice;
    for (const auto& [word, value] : words) {
      if (word == given) return value;
      choice += (choice.empty() ? "" : ", ") + std::string(word);
    }
    complain(variable, fmt::format("is '{}'; it may be one of: {}", given, choice));
    return words.front().second;
  }

  void complain(std::string_view variable, const std::string& what) {
    problems_.push_back(fmt::format("{} {}", both_names(find(variable)), what));
  }
  void complain(std::string what) { problems_.push_back(std::move(what)); }
  std::vector<std::string> take_problems() { return std::move(problems_); }

 private:
  static const Setting& find(std::string_view variable) {
    return *std::ranges::find(kSettings, variable, &Setting::variable);
  }

  std::optional<std::string> flag(const std::string& variable) const {
    const auto found = flags_.find(variable);
    return found == flags_.end() ? std::nullopt : std::optional(found->second);
  }
  // An empty variable is as good as none: that is how a shell or a compose file clears one.
  std::optional<std::string> from_environment(const std::string& variable) const {
    auto value = environment_(variable);
    return value && value->empty() ? std::nullopt : value;
  }
  std::optional<std::string> plain(std::string_view variable) const {
    auto value = flag(std::string(variable));
    return value ? value : from_environment(std::string(variable));
  }

  struct GivenSecret {
    std::optional<std::string> text;
    std::optional<std::string> file;
  };

  GivenSecret given(const Setting& setting) const {
    const std::string variable(setting.variable);
    const auto file_variable = variable + "_FILE";
    if (GivenSecret by_flag{flag(variable), flag(file_variable)}; by_flag.text || by_flag.file)
      return by_flag;
    return {from_environment(variable), from_environment(file_variable)};
  }

  std::optional<std::string> secret(const Setting& setting) {
    const auto [text, file] = given(setting);
    if (text && file)
      complain(setting.variable,
               fmt::format("is given, and {}_FILE too; give one of the two", setting.variable));
    return file && !text ? read_file(setting, *file) : text;
  }

  std::optional<std::string> read_file(const Setting& setting, const std::string& path) {
    const auto secret = read_secret_file(path);
    if (secret) return secret->reveal();
    problems_.push_back(fmt::format("{}_FILE ({}-file): {}", setting.variable, setting.flag,
                                    secret.error().detail));
    return std::nullopt;
  }

  const GivenSettings& flags_;
  const Environment& environment_;
  std::vector<std::string> problems_;
};

constexpr int kMostToleranceS = 86'400;
constexpr std::string_view kBetweenSecrets = ", \t\r\n";

std::vector<Secret> split_secrets(std::string_view text) {
  std::vector<Secret> secrets;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(kBetweenSecrets), text.size()));
    if (text.empty()) return secrets;
    const auto end = std::min(text.find_first_of(kBetweenSecrets), text.size());
    secrets.emplace_back(std::string(text.substr(0, end)));
    text.remove_prefix(end);
  }
}

void load_webhooks(Loader& from, Config& config) {
  const auto secrets = from.text("WORKOS_WEBHOOK_SECRET");
  config.webhook_secrets = split_secrets(secrets);
  if (config.webhook_secrets.empty() && !secrets.empty())
    from.complain("WORKOS_WEBHOOK_SECRET", "holds no secret, only what separates secrets");
  config.webhook_tolerance_s = from.number("ROLECALL_WEBHOOK_TOLERANCE_S", 1, kMostToleranceS);
}

Limits load_limits(Loader& from) {
  constexpr int kDay = 86'400'000;
  Limits limits;
  limits.concurrency = from.number("ROLECALL_CONCURRENCY", 1, 10'000);
  limits.lease_time_ms = from.number("ROLECALL_LEASE_MS", 1, kDay);
  limits.call_deadline_ms = from.number("ROLECALL_CALL_DEADLINE_MS", 1, kDay);
  limits.poll_ms = from.number("ROLECALL_POLL_MS", 1, kDay);
  // These follow what was asked for; they have no setting of their own.
  limits.rescue_ms = std::min(limits.rescue_ms, limits.poll_ms);
  limits.drain_ms = std::max(limits.drain_ms, limits.call_deadline_ms);
  limits.drain_call_ms = std::min(limits.drain_call_ms, limits.call_deadline_ms);
  return limits;
}

}  // namespace

std::span<const Setting> settings() {
  return kSettings;
}

LoadedConfig load_config(const GivenSettings& flags, const Environment& environment, Needs needs) {
  Loader from(flags, environment);
  Config config;
  config.database_url = Secret(
      from.required("DATABASE_URL",
                    "for example postgresql://rolecall@localhost/app, or name a file with it in "
                    "DATABASE_URL_FILE"));
  config.log_format = from.one_of<LogFormat>(
      "ROLECALL_LOG", std::array<std::pair<std::string_view, LogFormat>, 2>{
                          {{"text", LogFormat::text}, {"json", LogFormat::json}}});
  config.log_level = from.one_of<LogLevel>(
      "ROLECALL_LOG_LEVEL",
      std::array<std::pair<std::string_view, LogLevel>, 4>{{{"debug", LogLevel::debug},
                                                            {"info", LogLevel::info},
                                                            {"warning", LogLevel::warning},
                                                            {"error", LogLevel::error}}});
  if (needs == Needs::database_and_workos) {
    config.workos_api_key = Secret(from.required(
        "WORKOS_API_KEY", "it begins with sk_; name a file with it in WORKOS_API_KEY_FILE"));
    config.workos_api_key_file = from.file_of("WORKOS_API_KEY");
    config.workos_base_url = from.text("WORKOS_API_BASE_URL");
    if (const auto url = parse_base_url(config.workos_base_url); !url)
      from.complain("WORKOS_API_BASE_URL", "cannot be used: " + url.error().detail);
    config.ca_file = from.text("ROLECALL_CA_FILE");
    config.listen = from.text("ROLECALL_LISTEN");
    if (const auto at = parse_listen_address(config.listen); !at)
      from.complain("ROLECALL_LISTEN", "cannot be used: " + at.error().detail);
    load_webhooks(from, config);
    config.poll_only = from.on_off("ROLECALL_POLL_ONLY");
    config.accept_environment = from.on_off("ROLECALL_ACCEPT_ENVIRONMENT");
    config.database_connections = from.number("ROLECALL_DATABASE_CONNECTIONS", 1, 100);
    config.limits = load_limits(from);
    for (const auto& problem : problems(config.limits))
      from.complain(problem +
                    "; see ROLECALL_LEASE_MS, ROLECALL_CALL_DEADLINE_MS and ROLECALL_POLL_MS");
  }
  return {.config = std::move(config), .problems = from.take_problems()};
}

}  // namespace rolecall
