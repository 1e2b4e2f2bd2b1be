// config.hpp -- what the process was told: settings by environment and flag, checked whole.
// Owns:    its text; secrets as Secret.
// Thread:  values.
// Fails:   load() answers every problem at once, as sentences that name the variable and the flag.
// Never:   reads the environment itself (it is given), or repeats a secret in a problem.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "worker/core/limits.hpp"
#include "worker/core/secret.hpp"

namespace rolecall {

enum class LogFormat { text, json };
enum class LogLevel { debug, info, warning, error };

struct Config {
  Secret database_url{};
  int database_connections = 4;
  Secret workos_api_key{};
  std::string workos_api_key_file{};  // empty: the key was given itself
  std::string workos_base_url{};
  std::string ca_file{};
  std::string listen{};
  std::vector<Secret> webhook_secrets{};  // none: every webhook is refused
  int webhook_tolerance_s = 180;
  bool poll_only = false;
  bool accept_environment = false;  // though none of a sample of linked organizations is there
  LogFormat log_format = LogFormat::text;
  LogLevel log_level = LogLevel::info;
  Limits limits{};
};

enum class SettingKind { text, secret, on_off };

// One setting: an environment variable and the flag that outranks it.
struct Setting {
  std::string_view variable;
  std::string_view flag;
  std::string_view fallback;
  std::string_view help;
  SettingKind kind = SettingKind::text;
};

// The only list of them. A secret may also come from the file named by <variable>_FILE
// (or <flag>-file).
std::span<const Setting> settings();

// What flags said: variable -> text. A secret's file: <variable>_FILE -> path.
using GivenSettings = std::map<std::string, std::string>;
using Environment = std::function<std::optional<std::string>(const std::string&)>;

enum class Needs { database, database_and_workos };

struct LoadedConfig {
  Config config{};
  std::vector<std::string> problems{};  // empty: the config may be used
};

LoadedConfig load_config(const GivenSettings& flags, const Environment& environment, Needs needs);

}  // namespace rolecall
