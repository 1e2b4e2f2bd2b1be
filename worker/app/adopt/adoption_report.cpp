#include "worker/app/adopt/adoption_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json.hpp>
#include <ostream>

namespace rolecall {
namespace {

namespace json = boost::json;

json::object counts_json(const std::map<std::string, int>& counts) {
  json::object out;
  for (const auto& [name, n] : counts) out[name] = n;
  return out;
}

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value() : json::value(text);
}

// A document as it stands; a name or an address as text.
json::value side_json(const std::optional<std::string>& side) {
  if (!side) return nullptr;
  json::error_code error;
  json::value document = json::parse(*side, error);
  return error || !document.is_object() ? json::value(*side) : document;
}

json::object finding_json(const AdoptFinding& finding) {
  return {{"family", finding.family},
          {"name", finding.name},
          {"end", finding.end},
          {"why", finding.why},
          {"here", side_json(finding.here)},
          {"there", side_json(finding.there)}};
}

json::object organization_json(const AdoptedOrganization& one) {
  json::array findings;
  for (const AdoptFinding& finding : one.findings) findings.push_back(finding_json(finding));
  return {{"organization", one.id},
          {"workos", text_or_null(one.workos)},
          {"state", one.state},
          {"link", one.link},
          {"detail", text_or_null(one.detail)},
          {"users", counts_json(one.users)},
          {"things", counts_json(one.things)},
          {"findings", std::move(findings)},
          {"findings_left_out", one.findings_left_out},
          {"compared", one.compared},
          {"calls", one.calls},
          {"moved", one.moved},
          {"held", one.held}};
}

std::string words_of(const std::map<std::string, int>& counts) {
  std::string words;
  for (const auto& [name, n] : counts)
    words += fmt::format("{}{} {}", words.empty() ? "" : ", ", n, name);
  return words.empty() ? "none" : words;
}

// What people compare: roles, permissions, or a role's name.
std::string short_side(const std::optional<std::string>& side) {
  const json::value value = side_json(side);
  if (value.is_null()) return "absent";
  if (value.is_string()) return std::string(value.as_string());
  for (const auto* list : {"roles", "permissions"})
    if (const auto* set = value.as_object().if_contains(list); set != nullptr && set->is_array()) {
      std::string words;
      for (const auto& slug : set->as_array())
        words += (words.empty() ? "" : " ") + std::string(slug.as_string());
      return words.empty() ? "(none)" : words;
    }
  const auto* name = value.as_object().if_contains("name");
  return name != nullptr && name->is_string() ? std::string(name->as_string()) : "(none)";
}

void add_counts(std::map<std::string, int>& sums, const std::map<std::string, int>& counts) {
  for (const auto& [name, n] : counts) sums[name] += n;
}

}  // namespace

void AdoptionReport::begin() {
  if (form_ == Form::json)
    out_ << fmt::format(R"({{"policy":"{}","applied":{},"run":{},"organizations":[)",
                        name_of(wish_.policy), wish_.apply,
                        wish_.apply ? std::to_string(wish_.run) : "null");
}

void AdoptionReport::add(const AdoptedOrganization& one) {
  if (form_ == Form::json)
    out_ << (sums_.organizations == 0 ? "\n" : ",\n") << json::serialize(organization_json(one));
  ++sums_.organizations;
  ++sums_.states[one.state];
  add_counts(sums_.users, one.users);
  add_counts(sums_.things, one.things);
  sums_.compared += one.compared;
  sums_.calls += one.calls;
  sums_.moved += one.moved;
  sums_.held += one.held;
  sums_.agrees = sums_.agrees && is_in_agreement(one);
  sums_.needs_person = sums_.needs_person || needs_a_person(one);
  if (form_ == Form::json) return;
  const bool quiet = one.findings.empty() && one.detail.empty() && one.held + one.moved == 0;
  if (quiet) return;
  out_ << fmt::format("{}{}: {}\n", one.id, one.workos.empty() ? "" : " (" + one.workos + ")",
                      one.detail.empty() ? words_of(one.things) : one.link + ": " + one.detail);
  for (const AdoptFinding& f : one.findings)
    out_ << fmt::format("  {} {} {}: here {}, at WorkOS {} ({})\n", f.end, f.family, f.name,
                        short_side(f.here), short_side(f.there), f.why);
  if (one.findings_left_out > 0) out_ << fmt::format("  and {} more\n", one.findings_left_out);
  if (one.moved > 0)
    out_ << fmt::format("  {} changed while it was read: rolecall reconcile\n", one.moved);
  if (one.held > 0)
    out_ << fmt::format("  {} held by the mass-revoke guard: rolecall.attention\n", one.held);
}

void AdoptionReport::end(std::int64_t done_before, bool interrupted) {
  if (form_ == Form::screen) return end_screen(done_before, interrupted);
  json::object rest{{"done_before", done_before},
                    {"interrupted", interrupted},
                    {"states", counts_json(sums_.states)},
                    {"users", counts_json(sums_.users)},
                    {"things", counts_json(sums_.things)},
                    {"compared", sums_.compared},
                    {"calls", sums_.calls},
                    {"moved", sums_.moved},
                    {"held", sums_.held}};
  out_ << "\n]," << json::serialize(rest).substr(1) << '\n';
}

void AdoptionReport::end_screen(std::int64_t done_before, bool interrupted) {
  out_ << fmt::format("{} organizations: {}", sums_.organizations, words_of(sums_.states));
  if (done_before > 0) out_ << fmt::format("; {} were done before", done_before);
  out_ << fmt::format(
      "\nusers: {}\nroles, permissions and members: {}\n{} calls to WorkOS, all of them reads\n",
      words_of(sums_.users), words_of(sums_.things), sums_.calls);
  if (interrupted)
    out_ << "interrupted: the same command goes on where it was\n";
  else if (!wish_.apply && !sums_.agrees)
    out_ << fmt::format("nothing was changed: rolecall adopt --policy {} --apply\n",
                        name_of(wish_.policy));
  else if (wish_.apply && sums_.needs_person)
    out_ << "what was left alone is listed above; the same command tries it again\n";
}

}  // namespace rolecall
