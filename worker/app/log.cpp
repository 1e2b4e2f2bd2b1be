#include "worker/app/log.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace rolecall {
namespace {

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string in_quotes(std::string_view text) {
  return boost::json::serialize(boost::json::value(boost::json::string(text)));
}

bool needs_quotes(std::string_view text) {
  return text.empty() || std::ranges::any_of(text, [](char c) {
           return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == '\\';
         });
}

LogLevel level_of(const TraceEvent& event) {
  switch (event.what) {
    case Trace::session_opened:
    case Trace::rescued:
    case Trace::drain_started:
    case Trace::drain_finished:
      return LogLevel::info;
    case Trace::call_refused:
      return event.code == "lease_too_old" || event.code == "session_unverified" ? LogLevel::warning
                                                                                 : LogLevel::debug;
    case Trace::session_lost:
    case Trace::throttled:
    case Trace::settle_stale:
    case Trace::lease_dropped:
    case Trace::store_failed:
    case Trace::pull_failed:
      return LogLevel::warning;
    case Trace::provider_changed:
      return event.code == "up" ? LogLevel::info : LogLevel::warning;
    case Trace::settled:
      return event.code == "dead" || event.code == "held" ? LogLevel::warning : LogLevel::info;
    case Trace::taken_in:
    case Trace::leased:
    case Trace::call_started:
    case Trace::call_finished:
    case Trace::settle_busy:
    case Trace::woken:
    case Trace::read_finished:
    case Trace::reduced:
    case Trace::confirmed:
    case Trace::reconciled:
    case Trace::events_pulled:
    case Trace::event_applied:
    case Trace::slept:
    case Trace::awoke:
    case Trace::statement:
    case Trace::maintenance:
    case Trace::webhook:  // anybody may send one; warnings of strangers would bury the others
      return LogLevel::debug;
  }
  return LogLevel::debug;
}

std::vector<LogField> fields_of(const TraceEvent& event) {
  std::vector<LogField> fields;
  const auto text = [&](std::string_view name, std::string value) {
    if (!value.empty()) fields.push_back({name, std::move(value)});
  };
  const auto number = [&](std::string_view name, std::int64_t value) {
    if (value != 0) fields.push_back({name, std::to_string(value), true});
  };
  text("code", event.code);
  text("class", event.failure ? std::string(name_of(*event.failure)) : "");
  number("outbox_id", event.outbox_id.number());
  text("subject", event.subject.text());
  text("organization", event.organization.text());
  text("kind", event.kind);
  number("version", event.version.number());
  number("token", event.token.number());
  number("http_status", event.http_status);
  text("request_id", event.request_id.text());
  number("count", event.count);
  if (event.elapsed.count() > 0)
    fields.push_back({"elapsed_ms",
                      fmt::format("{:.1f}", static_cast<double>(event.elapsed.count()) / 1000),
                      true});
  number("worker", event.worker.number());
  text("detail", event.detail);
  return fields;
}

}  // namespace

struct Log::Lines {
  LogFormat format;
  spdlog::logger logger;
};

Log::Log(std::ostream& to, LogFormat format, LogLevel least)
    : lines_(std::make_unique<Lines>(
          Lines{format, spdlog::logger("rolecall", std::make_shared<spdlog::sinks::ostream_sink_mt>(
                                                       to, /*force_flush=*/true))})) {
  const auto* pattern = format == LogFormat::json
                            ? R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l",%v})"
                            : "%Y-%m-%dT%H:%M:%S.%eZ %-7l %v";
  lines_->logger.set_formatter(
      std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc));
  lines_->logger.set_level(level_of(least));
}

Log::~Log() = default;

void Log::say(LogLevel level, std::string_view what, const std::vector<LogField>& fields) {
  const auto at = level_of(level);
  if (!lines_->logger.should_log(at)) return;
  const bool json = lines_->format == LogFormat::json;
  auto line = json ? fmt::format("\"event\":{}", in_quotes(what)) : std::string(what);
  for (const auto& field : fields) {
    if (json)
      line += fmt::format(",\"{}\":{}", field.name,
                          field.is_number ? field.value : in_quotes(field.value));
    else
      line += fmt::format(" {}={}", field.name,
                          needs_quotes(field.value) ? in_quotes(field.value) : field.value);
  }
  lines_->logger.log(at, line);
}

void Log::on(const TraceEvent& event) {
  const auto level = level_of(event);
  if (lines_->logger.should_log(level_of(level))) say(level, name_of(event.what), fields_of(event));
}

}  // namespace rolecall
