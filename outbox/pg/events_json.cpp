#include "outbox/pg/events_json.hpp"

#include <boost/json.hpp>
#include <map>
#include <utility>

#include "outbox/pg/json_reader.hpp"
#include "outbox/pg/json_writer.hpp"

namespace rolecall {
namespace {

namespace json = boost::json;

Result<json::value> stream_event_json(const StreamEvent& event) {
  json::value shown = nullptr;
  if (event.shown || event.attributes) {
    auto document = event.shown ? json_of(*event.shown) : json_of(event.attributes);
    if (document.has_error()) return document;
    shown = std::move(*document);
  }
  return json::value(json::object{{"id", event.id},
                                  {"type", event.type},
                                  {"at", event.at},
                                  {"actor", event.actor},
                                  {"family", event.family},
                                  {"organization", event.organization},
                                  {"name", event.name},
                                  {"shown", std::move(shown)},
                                  {"problem", json_of_text(event.problem)}});
}

json::value roles_json(const std::optional<std::vector<EnvironmentRole>>& roles) {
  if (!roles) return nullptr;
  json::array out;
  for (const EnvironmentRole& role : *roles)
    out.push_back(json::object{{"slug", role.slug},
                               {"name", role.name},
                               {"description", role.description},
                               {"created_at", role.created_at},
                               {"updated_at", role.updated_at}});
  return out;
}

json::array texts_json(const std::vector<std::string>& texts) {
  json::array out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

PullTask task_of(JsonElement grant) {
  PullTask task;
  task.after = text_at(grant, "after");
  task.after_at = text_at(grant, "after_at");
  task.since = text_at(grant, "since");
  task.begun_at = text_at(grant, "begun_at");
  task.refused_types = texts_at(grant, "refused_types");
  task.roles_due = flag_at(grant, "roles_due");
  return task;
}

}  // namespace

Result<PullGrant> pull_grant_of(Result<Rows> rows) {
  if (rows.has_error()) return rows.error();
  auto parsed = JsonDocument::parse(rows->text(0, "grant"));
  if (parsed.has_error()) return parsed.error();
  const auto root = parsed->root();
  PullGrant grant;
  grant.kept = flag_at(root, "kept");
  if (field(root, "again_in_ms")) grant.again_in = Millis(number_at(root, "again_in_ms"));
  if (!flag_at(root, "granted")) return grant;
  grant.task = task_of(root);
  if (text_at(root, "replay").empty()) return grant;
  grant.replay = grant.task;
  grant.replay->organization = text_at(root, "replay");
  grant.replay->after = text_at(root, "replay_after");
  grant.replay->after_at.clear();
  grant.replay->since = text_at(root, "replay_since");
  grant.replay->roles_due = false;
  return grant;
}

Result<std::string> document_of(const PullTask& task, const PulledPage& page) {
  json::array events;
  for (const StreamEvent& event : page.events) {
    auto one = stream_event_json(event);
    if (one.has_error()) return one.error();
    events.push_back(std::move(*one));
  }
  return document_of(json::value(json::object{{"organization", task.organization},
                                              {"after", task.after},
                                              {"begun_at", task.begun_at},
                                              {"end", page.end},
                                              {"last_id", page.last_id},
                                              {"last_at", page.last_at},
                                              {"refused_types", texts_json(page.refused_types)},
                                              {"roles", roles_json(page.roles)},
                                              {"events", std::move(events)}}));
}

Result<RecordedPage> recorded_page_of(Result<Rows> rows) {
  if (rows.has_error()) return rows.error();
  auto parsed = JsonDocument::parse(rows->text(0, "recorded"));
  if (parsed.has_error()) return parsed.error();
  const auto root = parsed->root();
  RecordedPage out;
  out.fenced = flag_at(root, "fenced");
  std::map<std::pair<std::string, std::string>, std::int64_t> counts;
  simdjson::dom::array outcomes;
  if (const auto found = field(root, "outcomes");
      found && found->get(outcomes) == simdjson::SUCCESS)
    for (const JsonElement one : outcomes)
      ++counts[{text_at(one, "type"), text_at(one, "outcome")}];
  for (const auto& [what, count] : counts) out.applied.push_back({what.first, what.second, count});
  return out;
}

}  // namespace rolecall
