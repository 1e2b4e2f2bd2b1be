// organization.*: its name, the link by external id, its end.
#include <boost/json.hpp>

#include "workflows/events/handlers.hpp"
#include "workflows/workos/documents.hpp"

namespace rolecall {

std::vector<StreamEvent> organization_event(StreamEvent head, const simdjson::dom::object& data) {
  head.family = "organization";
  std::string name;
  std::string external_id;
  std::string updated_at;
  if (!workos::take_text(data, "id", head.organization) || head.organization.empty())
    return unreadable_event(std::move(head), "id");
  head.name = head.organization;
  if (!workos::take_time(data, "updated_at", updated_at))
    return unreadable_event(std::move(head), "updated_at");
  boost::json::object shown{{"updated_at", updated_at}};
  if (workos::take_text(data, "name", name)) shown["name"] = name;
  if (workos::take_text(data, "external_id", external_id)) shown["external_id"] = external_id;
  head.attributes = boost::json::serialize(shown);
  return {std::move(head)};
}

}  // namespace rolecall
