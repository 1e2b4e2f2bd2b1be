#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "worker/app/plain_text.hpp"
#include "worker/app/status.hpp"

namespace rolecall {
namespace {

namespace json = boost::json;

// Boost.JSON writes 3.25 as 3.25E0; documents that people read too are put together here instead.
std::string number(double value) {
  auto text = fmt::format("{:.3f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}
std::string number(std::int64_t value) {
  return std::to_string(value);
}
std::string in_quotes(std::string_view text) {
  return json::serialize(json::value(json::string(text)));
}
template <class T>
std::string or_null(const std::optional<T>& value) {
  return value ? number(*value) : "null";
}
std::string or_null(const std::string& value) {
  return value.empty() ? "null" : in_quotes(value);
}

using Member = std::pair<std::string_view, std::string>;

std::string object(const std::vector<Member>& members) {
  std::string text;
  for (const auto& [name, value] : members)
    text += fmt::format("{}{}:{}", text.empty() ? "" : ",", in_quotes(name), value);
  return "{" + text + "}";
}

std::string array(const std::vector<std::string>& values) {
  return fmt::format("[{}]", fmt::join(values, ","));
}

std::string counts(const std::map<std::string, std::int64_t>& numbers) {
  std::vector<Member> members;
  for (const auto& [name, value] : numbers) members.emplace_back(name, number(value));
  return object(members);
}

// 12,345: easier to read than 12345 when it stands beside 1,234.
std::string grouped(std::int64_t number) {
  auto text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > (number < 0 ? 1 : 0); at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

std::string span_text(double seconds) {
  seconds = std::max(0.0, seconds);
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  if (seconds < 2 * 3600) return fmt::format("{:.0f} min", seconds / 60);
  if (seconds < 48.0 * 3600) return fmt::format("{:.0f} h", seconds / 3600);
  return fmt::format("{:.0f} days", seconds / 86400);
}

// The states in the order of a life; what is not listed follows in its own order.
template <std::size_t N>
std::string counts_line(const std::map<std::string, std::int64_t>& numbers,
                        const std::array<std::string_view, N>& order) {
  std::string line;
  const auto add = [&](std::string_view name, std::int64_t number) {
    line += fmt::format("{}{} {}", line.empty() ? "" : "   ", name, grouped(number));
  };
  for (const auto name : order)
    if (const auto found = numbers.find(std::string(name)); found != numbers.end())
      add(name, found->second);
  for (const auto& [name, number] : numbers)
    if (std::ranges::find(order, name) == order.end()) add(name, number);
  return line.empty() ? "none" : line;
}

// One line of at most `most` bytes, cut between characters: the whole stands in the view.
std::string line_of(const std::string& text, std::size_t most) {
  std::string line;
  for (const char c : one_line(text))
    if (c != ' ' || (!line.empty() && line.back() != ' ')) line += c;
  if (line.size() <= most) return line;
  while (most > 0 && (static_cast<unsigned char>(line[most]) & 0xC0U) == 0x80U) --most;
  return line.substr(0, most) + "...";
}

constexpr std::size_t kDetailBytes = 120;
constexpr std::array<std::string_view, 8> kRowStates{
    "pending", "leased", "retrying", "held", "dead", "delivered", "superseded", "cancelled"};
constexpr std::array<std::string_view, 4> kSubjectStates{"confirmed", "delivered", "pending",
                                                         "attention"};

std::string subjects_line(const StatusReport& report) {
  std::int64_t all = 0;
  for (const auto& [state, number] : report.convergence) all += number;
  auto line = counts_line(report.convergence, kSubjectStates);
  const auto confirmed = report.convergence.find("confirmed");
  if (all > 0)
    line += fmt::format(
        "   ({:.1f} % confirmed)",
        confirmed == report.convergence.end()
            ? 0.0
            : 100.0 * static_cast<double>(confirmed->second) / static_cast<double>(all));
  return line;
}

// How long the oldest of each state has waited; what is confirmed waits for nothing.
std::string oldest_line(const StatusReport& report) {
  std::string line;
  for (const auto state : kSubjectStates)
    if (const auto found = report.oldest_s.find(std::string(state));
        found != report.oldest_s.end() && state != "confirmed")
      line += fmt::format("{}{} {}", line.empty() ? "" : "   ", state, span_text(found->second));
  return line.empty() ? "" : "            the oldest: " + line + "\n";
}

std::string state_word(const std::string& state, const Palette& palette) {
  if (state == "up") return palette.good(state);
  return state == "paused" ? palette.warn(state) : palette.bad(state);
}

std::string provider_line(const ProviderStatus& provider, const Palette& palette) {
  auto line = state_word(provider.state, palette);
  if (provider.since_s)
    line += fmt::format(" for {} (since {})", span_text(*provider.since_s), provider.since);
  if (provider.next_probe) line += fmt::format("; next probe {}", *provider.next_probe);
  if (provider.drain_s)
    line += fmt::format("; what is due leaves in {}{}", span_text(*provider.drain_s),
                        provider.state == "up" ? "" : " once it answers");
  if (provider.state != "up" && !provider.detail.empty())
    line += "; " + line_of(provider.detail, kDetailBytes);
  return line;
}

// What all workers together may send; only what is out of the ordinary is said of it.
std::string budget_line(const std::vector<BudgetStatus>& budgets, const Palette& palette) {
  std::string line;
  for (const auto& budget : budgets) {
    std::string slowed;
    if (budget.quiet_s && *budget.quiet_s > 0)
      slowed = fmt::format(" (silent for {}: 429)", span_text(*budget.quiet_s));
    else if (budget.factor < 1)
      slowed = fmt::format(" ({:.0f} % of ours: 429)", 100 * budget.factor);
    line += fmt::format("{}{} {:.1f}/s{}", line.empty() ? "Budget      " : "   ", budget.rate_class,
                        budget.calls_per_s, palette.warn(slowed));
  }
  return line.empty() ? line : line + "\n";
}

std::string workers_table(const std::vector<WorkerStatus>& workers, const Palette& palette) {
  if (workers.empty())
    return fmt::format("Workers     {}: start one with rolecall run\n",
                       palette.bad("none is running"));
  auto table = fmt::format("Workers     {:>6}  {:<24} {:>8}  {:<10} {:>6}  {}\n", "id", "host",
                           "pid", "version", "leases", "last seen");
  for (const auto& w : workers)
    table += fmt::format("            {:>6}  {:<24} {:>8}  {:<10} {:>6}  {} ago\n", w.id, w.host,
                         w.process_id, w.version, grouped(w.leases), span_text(w.last_seen_s));
  return table;
}

std::string attention_list(const std::vector<AttentionStatus>& attention, std::size_t most,
                           const Palette& palette) {
  if (attention.empty())
    return fmt::format("Attention   {}\n", palette.good("nothing waits for a person"));
  const auto number = static_cast<std::int64_t>(attention.size());
  const auto waiting = number == 1 ? "1 thing waits" : grouped(number) + " things wait";
  auto list = fmt::format("Attention   {}\n", palette.warn(waiting + " for a person"));
  for (std::size_t i = 0; i < std::min(most, attention.size()); ++i) {
    const auto& a = attention[i];
    const auto detail = line_of(a.detail, kDetailBytes);
    list += fmt::format("  {}  {}  ({})\n", a.reason, one_line(a.subject), span_text(a.since_s));
    if (!detail.empty()) list += fmt::format("      {}\n", detail);
    if (!a.command.empty()) list += fmt::format("      -> {}\n", one_line(a.command));
  }
  if (attention.size() > most)
    list += fmt::format("  and {} more: SELECT * FROM rolecall.attention\n",
                        grouped(static_cast<std::int64_t>(attention.size() - most)));
  return list;
}

}  // namespace

std::string status_json(const StatusReport& report) {
  const auto provider = object({{"state", or_null(report.provider.state)},
                                {"since", or_null(report.provider.since)},
                                {"next_probe", or_null(report.provider.next_probe.value_or(""))},
                                {"drain_s", or_null(report.provider.drain_s)}});
  std::vector<std::string> workers;
  for (const auto& w : report.workers)
    workers.push_back(object({{"id", number(w.id)},
                              {"host", in_quotes(w.host)},
                              {"process_id", number(w.process_id)},
                              {"program_version", in_quotes(w.version)},
                              {"opened_at", or_null(w.opened_at)},
                              {"last_seen_at", or_null(w.last_seen_at)},
                              {"leases", number(w.leases)}}));
  std::vector<std::string> attention;
  for (const auto& a : report.attention)
    attention.push_back(object({{"organization_id", or_null(a.organization_id)},
                                {"subject", or_null(a.subject)},
                                {"outbox_id", or_null(a.outbox_id)},
                                {"reason", in_quotes(a.reason)},
                                {"detail", or_null(a.detail)},
                                {"since", or_null(a.since)},
                                {"command", or_null(a.command)}}));
  return object({{"rows", counts(report.rows)},
                 {"convergence", counts(report.convergence)},
                 {"oldest_due_s", or_null(report.oldest_due_s)},
                 {"provider", provider},
                 {"workers", array(workers)},
                 {"attention", array(attention)}});
}

std::string status_text(const StatusReport& report, std::size_t max_attention,
                        const Palette& palette) {
  auto screen = fmt::format("Changes     {}\n", counts_line(report.rows, kRowStates));
  if (report.oldest_due_s && *report.oldest_due_s > 0)
    screen += fmt::format("            the oldest has been due for {}\n",
                          span_text(*report.oldest_due_s));
  screen += fmt::format("Subjects    {}\n", subjects_line(report));
  screen += oldest_line(report);
  screen += fmt::format("WorkOS      {}\n", provider_line(report.provider, palette));
  screen += budget_line(report.budgets, palette);
  screen += workers_table(report.workers, palette);
  screen += "\n" + attention_list(report.attention, max_attention, palette);
  return screen;
}

std::string status_screen(const StatusReport& report, std::size_t max_attention,
                          const Palette& palette) {
  return fmt::format("Rolecall    {}\n\n", report.at) + status_text(report, max_attention, palette);
}

}  // namespace rolecall
