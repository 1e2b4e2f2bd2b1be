#include "workflows/workos/events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "workflows/events/handlers.hpp"
#include "workflows/timestamps.hpp"
#include "workflows/workos/classify.hpp"
#include "workflows/workos/documents.hpp"
#include "workflows/workos/requests.hpp"

namespace rolecall::workos {
namespace {

namespace dom = simdjson::dom;

constexpr std::array<std::string_view, 5> kFamilies{
    {"organization", "organization_role", "role", "organization_membership", "user"}};
constexpr std::array<std::string_view, 3> kChanges{{"created", "updated", "deleted"}};

std::string actor_of(const dom::object& event) {
  dom::object actor;
  std::string source;
  if (event["context"]["actor"].get_object().get(actor) == simdjson::SUCCESS)
    take_text(actor, "source", source);
  return source;
}

// False: it has no id, so no cursor could ever pass it.
bool read_event(const dom::element& item, PulledPage& page) {
  dom::object event;
  StreamEvent head;
  if (item.get_object().get(event) != simdjson::SUCCESS) return false;
  if (!take_text(event, "id", head.id) || head.id.empty()) return false;
  if (!take_text(event, "event", head.type)) return false;
  head.actor = actor_of(event);
  const bool timed = take_time(event, "created_at", head.at);
  page.last_id = head.id;
  if (timed) page.last_at = head.at;
  const EventHandler handle = handler_of(head.type);
  if (handle == nullptr) return true;  // not asked for
  dom::object data;
  dom::parser nothing;
  const bool readable = event["data"].get_object().get(data) == simdjson::SUCCESS;
  if (!readable) data = nothing.parse(std::string_view("{}")).get_object().value_unsafe();
  std::vector<StreamEvent> said = handle(head, data);
  for (StreamEvent& one : said) {
    if (!timed) one.problem = "it has no usable \"created_at\"";
    if (!readable) one.problem = "it has no usable \"data\"";
    page.events.push_back(std::move(one));
  }
  return true;
}

}  // namespace

std::vector<std::string> followed_types(const std::vector<std::string>& refused) {
  std::vector<std::string> types;
  for (const std::string_view family : kFamilies)
    for (const std::string_view change : kChanges) {
      std::string type = fmt::format("{}.{}", family, change);
      if (std::ranges::find(refused, type) == refused.end()) types.push_back(std::move(type));
    }
  return types;
}

bool is_followed(std::string_view type) {
  const auto types = followed_types({});
  return std::ranges::find(types, type) != types.end();
}

HttpRequest list_events(const PullTask& task, const std::vector<std::string>& types) {
  std::string target = fmt::format("/events?events={}&order=asc&limit=100", fmt::join(types, ","));
  if (!task.organization.empty())
    target += "&organization_id=" + percent_encoded(task.organization);
  if (!task.after.empty())
    target += "&after=" + percent_encoded(task.after);
  else
    target += "&range_start=" + percent_encoded(task.since);
  return {"GET", std::move(target), {{"accept", "application/json"}}, {}};
}

Result<PulledPage> events_in(const HttpResponse& response) {
  dom::parser parser;
  dom::object root;
  dom::array data;
  const simdjson::padded_string body(response.body);
  if (parser.parse(body).get_object().get(root) != simdjson::SUCCESS)
    return garbage_answer(response, "no JSON object");
  if (root["data"].get_array().get(data) != simdjson::SUCCESS)
    return garbage_answer(response, "no usable \"data\"");
  PulledPage page;
  for (const dom::element item : data)
    if (!read_event(item, page)) return garbage_answer(response, "an event without an id");
  page.end = page.last_id.empty();
  return page;
}

}  // namespace rolecall::workos
