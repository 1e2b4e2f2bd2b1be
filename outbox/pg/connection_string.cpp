#include "outbox/pg/connection_string.hpp"

#include <libpq-fe.h>

#include <cstdlib>
#include <map>
#include <memory>

namespace rolecall {
namespace {

using Keywords = std::map<std::string, std::string>;
using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

Keywords keywords_of(const PQconninfoOption* option) {
  Keywords out;
  for (; option != nullptr && option->keyword != nullptr; ++option)
    if (option->val != nullptr && *option->val != '\0') out[option->keyword] = option->val;
  return out;
}

std::string quoted(const std::string& value) {
  std::string out = "'";
  for (char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

// A broken network must not hold a thread for the hours that TCP would wait.
const Keywords kDefaults{
    {"fallback_application_name", "rolecall"},
    {"client_encoding", "UTF8"},
    {"connect_timeout", "5"},
    {"tcp_user_timeout", "10000"},
    {"keepalives_idle", "5"},
    {"keepalives_interval", "2"},
    {"keepalives_count", "3"},
};

// Of several servers, the one that takes writes: a connection to a standby would stay there.
void prefer_the_primary(Keywords& words, const Keywords& environment) {
  if (words.contains("target_session_attrs") || std::getenv("PGTARGETSESSIONATTRS") != nullptr)
    return;
  for (const auto* key : {"host", "hostaddr"}) {
    const auto& from = words.contains(key) ? words : environment;
    if (const auto it = from.find(key);
        it != from.end() && it->second.find(',') != std::string::npos)
      words["target_session_attrs"] = "read-write";
  }
}

}  // namespace

Result<ConnectionString> ConnectionString::parse(const std::string& text,
                                                 ConnectionSettings settings) {
  char* complaint = nullptr;
  const Options given(PQconninfoParse(text.c_str(), &complaint), &PQconninfoFree);
  if (complaint != nullptr) PQfreemem(complaint);  // it may repeat the password
  if (!given)
    return Failure{.kind = FailureClass::bad_input,
                   .code = "database_url",
                   .detail =
                       "DATABASE_URL is no libpq connection string; one looks like "
                       "postgresql://user@host:5432/name or host=... dbname=..."};
  Keywords words = keywords_of(given.get());
  const Options defaults(PQconndefaults(), &PQconninfoFree);
  const Keywords environment = keywords_of(defaults.get());

  ConnectionString out;
  if (const auto it = words.find("password"); it != words.end())
    out.password_ = it->second;
  else if (const auto env = environment.find("password"); env != environment.end())
    out.password_ = env->second;

  for (const auto& [key, value] : kDefaults)
    if (!words.contains(key)) words[key] = value;
  prefer_the_primary(words, environment);
  if (settings.statement_timeout.count() > 0 && !settings.through_pooler) {
    // Ours first: what was given, here or in PGOPTIONS, comes later and wins.
    std::string options =
        "-c statement_timeout=" + std::to_string(settings.statement_timeout.count());
    if (const auto it = words.find("options"); it != words.end())
      options += " " + it->second;
    else if (const auto env = environment.find("options"); env != environment.end())
      options += " " + env->second;
    words["options"] = options;
  }
  for (const auto& [key, value] : words)
    out.text_ += (out.text_.empty() ? "" : " ") + key + "=" + quoted(value);
  return out;
}

std::string ConnectionString::without_password(std::string_view message) const {
  std::string out(message);
  if (password_.empty()) return out;
  for (auto at = out.find(password_); at != std::string::npos; at = out.find(password_, at + 3))
    out.replace(at, password_.size(), "***");
  return out;
}

}  // namespace rolecall
