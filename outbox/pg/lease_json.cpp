#include "outbox/pg/lease_json.hpp"

#include <boost/json.hpp>
#include <utility>

#include "outbox/pg/json_writer.hpp"

namespace rolecall {
namespace {

namespace json = boost::json;

Result<Lease> lease_of(JsonElement row) {
  const auto operation = operation_of(text_at(row, "operation"));
  if (!operation) return unreadable("a lease", "operation " + text_at(row, "operation"));
  Lease out;
  out.subject = Subject(text_at(row, "subject"));
  out.organization = OrganizationId(text_at(row, "organization"));
  out.kind = text_at(row, "kind");
  out.version = Version(number_at(row, "version"));
  out.token = LeaseToken(number_at(row, "token"));
  out.send = SendId(number_at(row, "send"));
  out.outbox_id = OutboxId(number_at(row, "outbox_id"));
  out.desired = json_at(row, "desired").value_or("");
  out.operation = *operation;
  out.incarnation = maybe_text_at(row, "incarnation");
  out.seen = json_at(row, "seen");
  out.looked = flag_at(row, "looked");
  out.create_in_doubt = flag_at(row, "create_in_doubt");
  out.unready_slugs = texts_at(row, "unready_slugs");
  out.role_ended = flag_at(row, "role_ended");
  out.quarantine_left = Millis(number_at(row, "quarantine_left_ms"));
  out.attempts = static_cast<int>(number_at(row, "attempts"));
  out.leases = static_cast<int>(number_at(row, "leases"));
  out.delivered = Version(number_at(row, "delivered"));
  out.priority = static_cast<int>(number_at(row, "priority"));
  if (out.subject.empty() || out.desired.empty() || out.token.number() == 0)
    return unreadable("a lease", "without subject, desired or token");
  return out;
}

json::value failure_json(const Failure& failure) {
  return json::object{{"class", name_of(failure.kind)},
                      {"code", failure.code},
                      {"detail", failure.detail},
                      {"status", failure.http_status},
                      {"request_id", failure.request_id.text()}};
}

json::array looks_json(const std::vector<LookAt>& looks) {
  json::array out;
  for (const auto& look : looks)
    out.push_back(json::object{
        {"family", look.family}, {"organization", look.organization}, {"name", look.name}});
  return out;
}

}  // namespace

Observation observation_of(JsonElement shown) {
  Observation out;
  out.incarnation = maybe_text_at(shown, "incarnation");
  out.created_at = text_at(shown, "created_at");
  out.updated_at = text_at(shown, "updated_at");
  out.status = text_at(shown, "status");
  out.directory_managed = flag_at(shown, "directory_managed");
  out.value = json_at(shown, "value");
  return out;
}

Result<Walked<int>> walked_number_of(const std::string& document, std::string_view key) {
  auto parsed = JsonDocument::parse(document);
  if (parsed.has_error()) return parsed.error();
  const auto root = parsed->root();
  if (!field(root, key)) return unreadable("an answer", "without " + std::string(key));
  return Walked<int>{static_cast<int>(number_at(root, key)), texts_at(root, "walked_to")};
}

Result<Walked<LeaseBatch>> lease_batch_of(const std::string& document) {
  auto parsed = JsonDocument::parse(document);
  if (parsed.has_error()) return parsed.error();
  const auto root = parsed->root();
  const auto mode = provider_mode_of(text_at(root, "provider"));
  if (!mode) return unreadable("a lease batch", "provider " + text_at(root, "provider"));
  LeaseBatch out;
  out.provider = *mode;
  out.next_probe = Millis(number_at(root, "next_probe_ms"));
  simdjson::dom::array rows;
  if (const auto leases = field(root, "leases"); leases && leases->get(rows) == simdjson::SUCCESS)
    for (const JsonElement row : rows) {
      auto lease = lease_of(row);
      if (lease.has_error()) return lease.error();
      out.leases.push_back(std::move(*lease));
    }
  return Walked<LeaseBatch>{std::move(out), texts_at(root, "walked_to")};
}

Result<Verification> verification_of(const std::string& document) {
  auto parsed = JsonDocument::parse(document);
  if (parsed.has_error()) return parsed.error();
  const auto root = parsed->root();
  Verification out;
  out.subject = Subject(text_at(root, "subject"));
  out.organization = OrganizationId(text_at(root, "organization"));
  out.family = text_at(root, "family");
  out.desired = json_at(root, "desired").value_or("");
  out.incarnation = maybe_text_at(root, "incarnation");
  out.reason = text_at(root, "reason");
  out.noted_version = Version(number_at(root, "noted_version"));
  out.noted_send = SendId(number_at(root, "noted_send"));
  out.begun_at = text_at(root, "begun_at");
  if (out.subject.empty() || out.begun_at.empty())
    return unreadable("a verification", "without subject or begun_at");
  return out;
}

Result<RescueReport> rescue_report_of(const std::string& document) {
  auto parsed = JsonDocument::parse(document);
  if (parsed.has_error()) return parsed.error();
  const auto root = parsed->root();
  return RescueReport{.sessions_retired = static_cast<int>(number_at(root, "sessions_retired")),
                      .lanes_freed = static_cast<int>(number_at(root, "lanes_freed")),
                      .others_hold_leases = flag_at(root, "others_hold_leases")};
}

Result<NextDue> next_due_of(const std::string& document) {
  auto parsed = JsonDocument::parse(document);
  if (parsed.has_error()) return parsed.error();
  const auto root = parsed->root();
  const auto mode = provider_mode_of(text_at(root, "provider"));
  if (!mode) return unreadable("next_due", "provider " + text_at(root, "provider"));
  NextDue out;
  out.work_now = flag_at(root, "work_now");
  out.only_reads = flag_at(root, "only_reads");
  if (field(root, "next_due_ms")) out.next_due = Millis(number_at(root, "next_due_ms"));
  out.others_hold_leases = flag_at(root, "others_hold_leases");
  if (field(root, "pull_in_ms")) out.pull_in = Millis(number_at(root, "pull_in_ms"));
  if (field(root, "reconcile_in_ms")) out.reconcile_in = Millis(number_at(root, "reconcile_in_ms"));
  out.provider = *mode;
  return out;
}

Result<std::string> document_of(const std::vector<Settlement>& settlements) {
  json::array all;
  for (const auto& s : settlements) {
    json::value answer = nullptr;
    if (s.answer) {
      auto shown = json_of(*s.answer);
      if (shown.has_error()) return shown.error();
      answer = std::move(*shown);
    }
    all.push_back(json::object{
        {"subject", s.subject.text()},
        {"token", s.token.number()},
        {"send", s.send.number()},
        {"outcome", name_of(s.outcome)},
        {"fate", name_of(s.fate)},
        {"delay_ms", s.delay.count()},
        {"counts", s.counts},
        {"failure", s.failure ? failure_json(*s.failure) : json::value(nullptr)},
        {"answer", std::move(answer)},
        {"look_at", looks_json(s.look_at)},
        {"request_id", s.request_id.empty() ? json::value(nullptr)
                                            : json::value(json::string(s.request_id.text()))},
        {"call_ms", s.call_time.count()}});
  }
  return document_of(json::value(std::move(all)));
}

Result<std::string> document_of(const RecordedRead& read) {
  auto shown = json_of(read.shown);
  if (shown.has_error()) return shown.error();
  return document_of(json::value(json::object{{"subject", read.asked.subject.text()},
                                              {"noted_version", read.asked.noted_version.number()},
                                              {"noted_send", read.asked.noted_send.number()},
                                              {"begun_at", read.asked.begun_at},
                                              {"shown", std::move(*shown)}}));
}

}  // namespace rolecall
