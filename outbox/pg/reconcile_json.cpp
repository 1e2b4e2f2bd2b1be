#include "outbox/pg/reconcile_json.hpp"

#include <boost/json.hpp>

#include "outbox/pg/facts_json.hpp"
#include "outbox/pg/json_reader.hpp"
#include "outbox/pg/json_writer.hpp"
#include "outbox/pg/lease_json.hpp"

namespace rolecall {
namespace {

namespace json = boost::json;

double real_at(JsonElement object, std::string_view key) {
  double value = 0;
  const auto element = field(object, key);
  if (!element || element->get(value) != simdjson::SUCCESS) return 0;
  return value;
}

Result<JsonDocument> answer_in(const Result<Rows>& rows) {
  if (rows.has_error()) return rows.error();
  auto parsed = JsonDocument::parse(rows->text(0, "answer"));
  if (parsed.has_error()) return parsed;
  if (flag_at(parsed->root(), "fenced")) return fenced();
  return parsed;
}

std::optional<MirrorFact> mirror_of(JsonElement candidate) {
  const auto element = field(candidate, "mirror");
  if (!element) return std::nullopt;
  MirrorFact mirror;
  mirror.value = json_at(*element, "value");
  mirror.status = text_at(*element, "status");
  mirror.directory_managed = flag_at(*element, "directory_managed");
  return mirror;
}

Result<Candidate> candidate_of(JsonElement element) {
  Candidate c;
  c.read.family = text_at(element, "family");
  c.read.name = text_at(element, "name");
  c.read.subject = Subject(text_at(element, "subject"));
  c.read.begun_at = text_at(element, "begun_at");
  c.read.ended_at = text_at(element, "ended_at");
  if (const auto shown = field(element, "shown")) c.read.shown = observation_of(*shown);
  c.workos = text_at(element, "workos");
  c.object_key = text_at(element, "object_key");
  c.known = flag_at(element, "known");
  c.version = Version(number_at(element, "version"));
  c.kind = text_at(element, "kind");
  c.desired = json_at(element, "desired").value_or("");
  if (const auto facts = json_at(element, "facts")) {
    auto read = facts_of(*facts);
    if (read.has_error()) return read.error();
    c.facts = std::move(*read);
  }
  if (const auto noted = field(element, "noted"))
    c.noted = ReadNote{Version(number_at(*noted, "version")),
                       Version(number_at(*noted, "delivered")), SendId(number_at(*noted, "send"))};
  c.mirror = mirror_of(element);
  c.anothers = flag_at(element, "anothers");
  c.unreduced = flag_at(element, "unreduced");
  c.stream_behind = flag_at(element, "stream_behind");
  c.reduce_failure = text_at(element, "reduce_failure");
  c.lane_failure = text_at(element, "lane_failure");
  c.unknown_slugs = texts_at(element, "unknown");
  if (field(element, "equals_version"))
    c.equals_version = Version(number_at(element, "equals_version"));
  if (const auto local = field(element, "local"))
    c.local = LocalChange{text_at(*local, "by"), text_at(*local, "at"), text_at(*local, "action"),
                          text_at(*local, "reason")};
  return c;
}

json::array texts(const std::vector<std::string>& from) {
  json::array out;
  for (const auto& text : from) out.emplace_back(text);
  return out;
}

Result<json::value> finding_json(const Finding& f) {
  auto local = json_of(f.local);
  if (local.has_error()) return local;
  auto remote = json_of(f.remote);
  if (remote.has_error()) return remote;
  return json::value(json::object{{"subject", f.subject},
                                  {"family", f.family},
                                  {"name", f.name},
                                  {"class", name_of(f.kind)},
                                  {"fields", texts(f.fields)},
                                  {"local_value", std::move(*local)},
                                  {"remote_value", std::move(*remote)},
                                  {"version", f.version.number()},
                                  {"local_by", f.changed.by},
                                  {"local_at", f.changed.at},
                                  {"local_action", f.changed.action},
                                  {"local_reason", f.changed.reason},
                                  {"remote_updated_at", f.remote_updated_at},
                                  {"remote_status", f.remote_status},
                                  {"detail", f.detail},
                                  {"action", f.action},
                                  {"calls", f.calls},
                                  {"seconds", f.seconds}});
}

json::array roles_json(const std::vector<EnvironmentRole>& roles) {
  json::array out;
  for (const EnvironmentRole& role : roles)
    out.push_back(json::object{{"slug", role.slug},
                               {"name", role.name},
                               {"description", role.description},
                               {"created_at", role.created_at},
                               {"updated_at", role.updated_at}});
  return out;
}

Result<json::value> repair_json(const FoundAndRepair& r) {
  const Candidate& c = r.candidate;
  auto shown = json_of(c.anothers ? Observation{} : c.read.shown);
  if (shown.has_error()) return shown;
  return json::value(json::object{
      {"finding", r.finding.subject.empty() ? c.read.subject.text() : r.finding.subject},
      {"subject", c.read.subject.text()},
      {"family", c.read.family},
      {"name", c.read.name},
      {"object_key", c.object_key},
      {"step", name_of(r.repair.step)},
      {"priority", r.repair.priority},
      {"begun_at", c.read.begun_at},
      {"shown", std::move(*shown)},
      {"noted_version", c.noted ? c.noted->version.number() : 0},
      {"noted_send", c.noted ? c.noted->send.number() : 0},
      {"roles", roles_json(r.repair.listed_roles)}});
}

template <class T, class One>
Result<std::string> array_of(const std::vector<T>& from, One one) {
  json::array out;
  for (const T& each : from) {
    auto value = one(each);
    if (value.has_error()) return value.error();
    out.push_back(std::move(*value));
  }
  return document_of(json::value(std::move(out)));
}

}  // namespace

Failure fenced() {
  return {.kind = FailureClass::lease_lost,
          .code = std::string(kFenced),
          .detail = "another reconciliation of the organization has begun"};
}

Result<ReconcilePass> pass_of(const Result<Rows>& rows) {
  auto answer = answer_in(rows);
  if (answer.has_error()) return answer.error();
  const auto root = answer->root();
  if (!flag_at(root, "found"))
    return Failure{.kind = FailureClass::bad_input,
                   .code = std::string(kNoOrganization),
                   .detail = "the organization is not known, or not linked to WorkOS"};
  ReconcilePass pass;
  pass.organization = OrganizationId(text_at(root, "organization"));
  pass.workos = text_at(root, "workos");
  pass.number = number_at(root, "pass");
  pass.now = text_at(root, "now");
  pass.visibility = Millis(number_at(root, "visibility_ms"));
  pass.pace = {.um_read_per_s = real_at(root, "um_read_per_s"),
               .um_write_per_s = real_at(root, "um_write_per_s"),
               .general_per_s = real_at(root, "general_per_s")};
  return pass;
}

Result<ComparedPage> compared_of(const Result<Rows>& rows) {
  auto answer = answer_in(rows);
  if (answer.has_error()) return answer.error();
  const auto root = answer->root();
  ComparedPage page;
  page.now = text_at(root, "now");
  page.last = text_at(root, "last");
  simdjson::dom::array candidates;
  if (const auto found = field(root, "candidates");
      found && found->get(candidates) == simdjson::SUCCESS)
    for (const JsonElement element : candidates) {
      auto candidate = candidate_of(element);
      if (candidate.has_error()) return candidate.error();
      page.candidates.push_back(std::move(*candidate));
    }
  return page;
}

Result<std::string> unfenced_text_of(const Result<Rows>& rows, std::string_view key) {
  auto answer = answer_in(rows);
  if (answer.has_error()) return answer.error();
  return text_at(answer->root(), key);
}

Result<ReconcileTurn> turn_of(const Result<Rows>& rows) {
  auto answer = answer_in(rows);
  if (answer.has_error()) return answer.error();
  const auto root = answer->root();
  ReconcileTurn turn;
  if (field(root, "again_in_ms")) turn.again_in = Millis(number_at(root, "again_in_ms"));
  if (!flag_at(root, "granted")) return turn;
  turn.organization = OrganizationId(text_at(root, "organization"));
  for (const std::string& name : texts_at(root, "repairs"))
    if (const auto kind = drift_class_of(name)) turn.repairs.push_back(*kind);
  return turn;
}

Result<Outcomes> outcomes_of(const Result<Rows>& rows) {
  auto answer = answer_in(rows);
  if (answer.has_error()) return answer.error();
  Outcomes out;
  simdjson::dom::array outcomes;
  if (const auto found = field(answer->root(), "outcomes");
      found && found->get(outcomes) == simdjson::SUCCESS)
    for (const JsonElement one : outcomes)
      out.emplace_back(text_at(one, "subject"), text_at(one, "outcome"));
  return out;
}

Result<std::string> document_of(const std::vector<ListedThing>& listed) {
  return array_of(listed, [](const ListedThing& thing) -> Result<json::value> {
    auto shown = json_of(thing.shown);
    if (shown.has_error()) return shown;
    return json::value(json::object{{"family", thing.family},
                                    {"name", thing.name},
                                    {"subject", thing.subject.text()},
                                    {"begun_at", thing.begun_at},
                                    {"ended_at", thing.ended_at},
                                    {"shown", std::move(*shown)}});
  });
}

Result<std::string> document_of(const std::vector<Finding>& findings) {
  return array_of(findings, finding_json);
}

Result<std::string> document_of(const std::vector<FoundAndRepair>& repairs) {
  return array_of(repairs, repair_json);
}

std::string document_of(const PassReport& report) {
  return document_of(json::value(json::object{{"calls", report.calls},
                                              {"compared", report.compared},
                                              {"unjudged", texts(report.unjudged)},
                                              {"failure", report.failure}}));
}

}  // namespace rolecall
