#include "outbox/pg/facts_json.hpp"

#include <boost/json.hpp>
#include <utility>

#include "outbox/pg/json_writer.hpp"
#include "outbox/pg/lease_json.hpp"

namespace rolecall {
namespace {

namespace json = boost::json;

std::map<std::string, Version> touched_of(JsonElement facts) {
  std::map<std::string, Version> out;
  const auto element = field(facts, "touched");
  simdjson::dom::object object;
  if (!element || element->get(object) != simdjson::SUCCESS) return out;
  for (const auto& [key, value] : object) {
    std::int64_t version = 0;
    if (value.get(version) == simdjson::SUCCESS) out.emplace(key, Version(version));
  }
  return out;
}

Result<SendFact> send_of(JsonElement send) {
  const auto operation = operation_of(text_at(send, "operation"));
  const auto state = send_state_of(text_at(send, "state"));
  if (!operation || !state) return unreadable("a send", "operation or state is none of ours");
  SendFact out;
  out.id = SendId(number_at(send, "id"));
  out.version = Version(number_at(send, "version"));
  out.operation = *operation;
  out.incarnation = maybe_text_at(send, "incarnation");
  out.value = json_at(send, "value");
  out.state = *state;
  out.leased_at = text_at(send, "leased_at");
  if (const auto answer = field(send, "answer")) out.answer = observation_of(*answer);
  out.absorbed = flag_at(send, "absorbed");
  return out;
}

Result<LaneFact> lane_of(JsonElement lane) {
  const auto state = lane_state_of(text_at(lane, "state"));
  if (!state) return unreadable("a lane", "state " + text_at(lane, "state"));
  LaneFact out;
  out.state = *state;
  out.wanted = Version(number_at(lane, "wanted"));
  out.delivered = Version(number_at(lane, "delivered"));
  out.kind = text_at(lane, "kind");
  out.desired = json_at(lane, "desired").value_or("");
  out.looking = flag_at(lane, "looking");
  out.looks_absent = static_cast<int>(number_at(lane, "looks_absent"));
  out.cancelled = flag_at(lane, "cancelled");
  return out;
}

EventFact event_of(JsonElement event) {
  EventFact out;
  out.id = text_at(event, "id");
  out.type = text_at(event, "type");
  out.at = text_at(event, "at");
  out.actor = text_at(event, "actor");
  if (const auto shown = field(event, "shown")) out.shown = observation_of(*shown);
  return out;
}

Result<void> read_collections(JsonElement root, SubjectFacts& out) {
  simdjson::dom::array sends;
  if (const auto element = field(root, "sends");
      element && element->get(sends) == simdjson::SUCCESS)
    for (const JsonElement item : sends) {
      auto send = send_of(item);
      if (send.has_error()) return send.error();
      out.sends.push_back(std::move(*send));
    }
  simdjson::dom::array events;
  if (const auto element = field(root, "events");
      element && element->get(events) == simdjson::SUCCESS)
    for (const JsonElement item : events) out.events.push_back(event_of(item));
  if (const auto lane = field(root, "lane")) {
    auto fact = lane_of(*lane);
    if (fact.has_error()) return fact.error();
    out.lane = std::move(*fact);
  }
  if (const auto read = field(root, "read")) {
    const auto shown = field(*read, "shown");
    if (!shown) return unreadable("a read", "it shows nothing");
    out.read = ReadFact{.begun_at = text_at(*read, "begun_at"), .shown = observation_of(*shown)};
  }
  return {};
}

template <class Id>
json::array numbers(const std::vector<Id>& ids) {
  json::array out;
  for (const auto& id : ids) out.push_back(id.number());
  return out;
}

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(json::string(text));
}

Result<json::value> next_row_json(const std::optional<NextRow>& next) {
  if (!next) return json::value(nullptr);
  auto desired = json_of(next->desired);
  if (desired.has_error()) return desired;
  return json::value(json::object{{"kind", next->kind},
                                  {"desired", std::move(*desired)},
                                  {"priority", next->priority},
                                  {"reason", next->reason},
                                  {"adopted", next->adopted}});
}

json::array audit_json(const std::vector<AuditEntry>& audit) {
  json::array out;
  for (const auto& entry : audit)
    out.push_back(json::object{{"verdict", entry.verdict}, {"detail", entry.detail}});
  return out;
}

}  // namespace

Result<SubjectFacts> facts_of(const std::string& document) {
  auto parsed = JsonDocument::parse(document);
  if (parsed.has_error()) return parsed.error();
  const auto root = parsed->root();
  SubjectFacts out;
  out.subject = Subject(text_at(root, "subject"));
  out.organization = OrganizationId(text_at(root, "organization"));
  out.version = Version(number_at(root, "version"));
  out.kind = text_at(root, "kind");
  out.desired = json_at(root, "desired").value_or("");
  out.touched = touched_of(root);
  out.next_row = flag_at(root, "next_row");
  out.incarnation = maybe_text_at(root, "incarnation");
  out.incarnation_created_at = text_at(root, "incarnation_created_at");
  out.dead_incarnation_at = text_at(root, "dead_incarnation_at");
  out.echoed = Version(number_at(root, "echoed"));
  out.confirmed = Version(number_at(root, "confirmed"));
  out.looked = flag_at(root, "looked");
  out.seen = json_at(root, "seen");
  out.seen_at = text_at(root, "seen_at");
  out.absent_since = text_at(root, "absent_since");
  out.made_at = text_at(root, "made_at");
  out.seen_status = text_at(root, "seen_status");
  out.unready_slugs = texts_at(root, "unready_slugs");
  out.ended_slugs = texts_at(root, "ended_slugs");
  out.role_ended = flag_at(root, "role_ended");
  out.seen_source = text_at(root, "seen_source");
  out.directory_managed = flag_at(root, "directory_managed");
  out.events_on = flag_at(root, "events_on");
  out.pulled_at = text_at(root, "pulled_at");
  out.now = text_at(root, "now");
  out.visibility = Millis(number_at(root, "visibility_ms"));
  out.send_window = Millis(number_at(root, "send_window_ms"));
  out.multiple_roles = flag_at(root, "multiple_roles");
  out.default_role_slug = text_at(root, "default_role_slug");
  if (out.subject.empty() || out.now.empty()) return unreadable("facts", "without subject or now");
  if (auto rest = read_collections(root, out); rest.has_error()) return rest.error();
  return out;
}

Result<json::value> json_of(const Subject& subject, const Reduction& r) {
  auto seen = json_of(r.seen);
  if (seen.has_error()) return seen;
  auto adopted = json_of(r.adopted_desired);
  if (adopted.has_error()) return adopted;
  auto next = next_row_json(r.next);
  if (next.has_error()) return next;
  json::object matched;
  for (const auto& [id, updated_at] : r.matched) matched[std::to_string(id.number())] = updated_at;
  json::object applied;
  for (const auto& [id, outcome] : r.applied) applied[id] = outcome;
  json::object touched;
  for (const auto& [element, version] : r.touched) touched[element] = version.number();
  return json::value(json::object{
      {"subject", subject.text()},
      {"failed", nullptr},
      {"incarnation", json_of_text(r.incarnation)},
      {"incarnation_created_at", text_or_null(r.incarnation_created_at)},
      {"dead_incarnation_at", text_or_null(r.dead_incarnation_at)},
      {"echoed", r.echoed.number()},
      {"looked", r.looked},
      {"seen", std::move(*seen)},
      {"seen_at", text_or_null(r.seen_at)},
      {"absent_since", text_or_null(r.absent_since)},
      {"seen_status", text_or_null(r.seen_status)},
      {"seen_source", text_or_null(r.seen_source)},
      {"directory_managed", r.directory_managed},
      {"closed", numbers(r.closed)},
      {"matched", std::move(matched)},
      {"absorbed", numbers(r.absorbed)},
      {"applied", std::move(applied)},
      {"read_waits", r.read_waits},
      {"adopted_desired", std::move(*adopted)},
      {"adopted_kind", text_or_null(r.adopted_kind)},
      {"touched", std::move(touched)},
      {"next", std::move(*next)},
      {"lane_observed", r.lane_observed},
      {"lane_cancelled", r.lane_cancelled},
      {"look_over", r.look_over},
      {"looks_absent", r.looks_absent},
      {"confirmed", r.confirmed ? json::value(r.confirmed->number()) : json::value(nullptr)},
      {"verify_in_ms", r.verify_in ? json::value(r.verify_in->count()) : json::value(nullptr)},
      {"verify_reason", text_or_null(r.verify_reason)},
      {"audit", audit_json(r.audit)}});
}

json::value json_of_failed(const Subject& subject, const Failure& failure) {
  return json::object{{"subject", subject.text()},
                      {"failed", failure.code + ": " + failure.detail}};
}

}  // namespace rolecall
