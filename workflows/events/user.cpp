// user.*: email and name, the link by external id, their end.
#include <boost/json.hpp>

#include "workflows/events/handlers.hpp"
#include "workflows/workos/documents.hpp"

namespace rolecall {

std::vector<StreamEvent> user_event(StreamEvent head, const simdjson::dom::object& data) {
  head.family = "user";
  std::string updated_at;
  if (!workos::take_text(data, "id", head.name) || head.name.empty())
    return unreadable_event(std::move(head), "id");
  if (!workos::take_time(data, "updated_at", updated_at))
    return unreadable_event(std::move(head), "updated_at");
  boost::json::object shown{{"updated_at", updated_at}};
  for (const char* key : {"email", "external_id"}) {
    std::string text;
    if (workos::take_text(data, key, text)) shown[key] = text;
  }
  std::string name;
  for (const char* part : {"first_name", "last_name"}) {
    std::string text;
    if (!workos::take_text(data, part, text) || text.empty()) continue;
    name += name.empty() ? text : " " + text;
  }
  if (!name.empty()) shown["name"] = name;
  head.attributes = boost::json::serialize(shown);
  return {std::move(head)};
}

}  // namespace rolecall
