// events.cpp -- what happened, as WorkOS tells it: emitted once per change, read oldest first.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "tests/emulator/families.hpp"
#include "tests/emulator/times.hpp"

namespace rolecall::emulator {

namespace {

constexpr std::string_view kNames[] = {
    "action.authentication.denied",
    "action.user_registration.denied",
    "api_key.created",
    "api_key.revoked",
    "authentication.email_verification_failed",
    "authentication.email_verification_succeeded",
    "authentication.magic_auth_failed",
    "authentication.magic_auth_succeeded",
    "authentication.mfa_failed",
    "authentication.mfa_succeeded",
    "authentication.oauth_failed",
    "authentication.oauth_succeeded",
    "authentication.passkey_failed",
    "authentication.passkey_succeeded",
    "authentication.password_failed",
    "authentication.password_succeeded",
    "authentication.radar_risk_detected",
    "authentication.sso_failed",
    "authentication.sso_started",
    "authentication.sso_succeeded",
    "authentication.sso_timed_out",
    "connection.activated",
    "connection.deactivated",
    "connection.deleted",
    "connection.saml_certificate_renewal_required",
    "connection.saml_certificate_renewed",
    "dsync.activated",
    "dsync.deactivated",
    "dsync.deleted",
    "dsync.group.created",
    "dsync.group.deleted",
    "dsync.group.updated",
    "dsync.group.user_added",
    "dsync.group.user_removed",
    "dsync.user.created",
    "dsync.user.deleted",
    "dsync.user.updated",
    "email_verification.created",
    "flag.created",
    "flag.deleted",
    "flag.rule_updated",
    "flag.updated",
    "group.created",
    "group.deleted",
    "group.member_added",
    "group.member_removed",
    "group.updated",
    "invitation.accepted",
    "invitation.created",
    "invitation.resent",
    "invitation.revoked",
    "magic_auth.created",
    "organization.created",
    "organization.deleted",
    "organization.updated",
    "organization_domain.created",
    "organization_domain.deleted",
    "organization_domain.updated",
    "organization_domain.verification_failed",
    "organization_domain.verified",
    "organization_membership.created",
    "organization_membership.deleted",
    "organization_membership.updated",
    "organization_role.created",
    "organization_role.deleted",
    "organization_role.updated",
    "password_reset.created",
    "password_reset.succeeded",
    "permission.created",
    "permission.deleted",
    "permission.updated",
    "role.created",
    "role.deleted",
    "role.updated",
    "session.created",
    "session.revoked",
    "user.created",
    "user.deleted",
    "user.updated",
    "vault.byok_key.deleted",
    "vault.byok_key.verification_completed",
    "vault.data.created",
    "vault.data.deleted",
    "vault.data.read",
    "vault.data.updated",
    "vault.dek.decrypted",
    "vault.dek.read",
    "vault.kek.created",
    "vault.metadata.read",
    "vault.names.listed",
    "waitlist_user.approved",
    "waitlist_user.created",
    "waitlist_user.denied",
};

json::object actor(Source source) {
  if (source == Source::dashboard)
    return {
        {"id", "user_01DASHBOARD00000000000000"}, {"source", "dashboard"}, {"name", "Dashboard"}};
  return {{"id", "api_key_01EMULATOR0000000000000"}, {"source", "api"}, {"name", nullptr}};
}

struct EventFilter {
  std::vector<std::string> names{};
  std::optional<std::string> organization_id{};
  std::optional<WallTime> range_start{};
  std::optional<WallTime> range_end{};
  WallTime visible_until{};

  bool shows(const Event& event) const {
    return std::ranges::find(names, event.name) != names.end() &&
           (!organization_id || event.organization_id == *organization_id) &&
           (!range_start || event.created_at >= *range_start) &&
           (!range_end || event.created_at < *range_end);
  }
};

Reply bad_events(std::string_view message) {
  return refusal(400, "invalid_events_request", message);
}

// Fills the filter; a Reply when the query is not one.
std::optional<Reply> read_filter(const Call& call, EventFilter& filter) {
  filter.names = call.query.list("events");
  if (filter.names.empty())
    return invalid({{"required", "events", "events must name at least one event."}});
  for (const std::string& name : filter.names)
    if (std::ranges::find(kNames, name) == std::end(kNames))
      return bad_events(
          fmt::format("Invalid name parameter, received: '{}'. "
                      "You must pass in valid event names",
                      name));
  filter.organization_id = call.query.one("organization_id");
  if (call.query.one("after") && call.query.one("range_start"))
    return bad_events("after and range_start exclude each other.");
  for (const auto& [name, bound] :
       {std::pair{"range_start", &filter.range_start}, std::pair{"range_end", &filter.range_end}}) {
    const auto text = call.query.one(name);
    if (!text) continue;
    *bound = parse_time(*text);
    if (!*bound) return bad_events(fmt::format("{} is no ISO 8601 date.", name));
  }
  const WallTime end = filter.range_end.value_or(call.now);
  if (filter.range_start && end - *filter.range_start > std::chrono::days{30})
    return bad_events("The range may span at most 30 days.");
  filter.visible_until = call.now - call.state.event_delay;
  return std::nullopt;
}

}  // namespace

std::span<const std::string_view> event_names() {
  return kNames;
}

void emit(Call& call, std::string_view name, const std::string& organization_id, json::object data,
          json::object previous) {
  json::object context{{"actor", actor(call.source)}};
  if (!previous.empty()) context["previous_attributes"] = std::move(previous);
  Event event;
  event.id = call.state.ids.make("event_", call.now);
  event.name = name;
  event.organization_id = organization_id;
  event.created_at = call.now;
  event.text = json::serialize(json::object{{"object", "event"},
                                            {"id", event.id},
                                            {"event", name},
                                            {"data", std::move(data)},
                                            {"created_at", format_time(call.now)},
                                            {"context", std::move(context)}});
  call.state.event_index[event.id] = call.state.events.size();
  call.state.events.push_back(std::move(event));
}

// The order asked for is ignored: the list is always oldest first.
Reply list_events(Call& call) {
  EventFilter filter;
  if (auto refused = read_filter(call, filter)) return *refused;
  const auto read =
      read_page(call.query, &call.state,
                [](const void* any, const std::string& id) -> std::optional<Position> {
                  const auto& index = static_cast<const State*>(any)->event_index;
                  const auto known = index.find(id);
                  if (known == index.end()) return std::nullopt;
                  return known->second;
                });
  if (const Reply* refused = std::get_if<Reply>(&read)) return *refused;
  const PageAsked& asked = std::get<PageAsked>(read);
  const std::vector<Event>& events = call.state.events;
  const std::size_t end = asked.before ? *asked.before : events.size();
  std::string data;
  std::size_t shown = 0;
  std::string last;
  std::string after = "null";
  for (std::size_t i = asked.after ? *asked.after + 1 : 0; i < end; ++i) {
    if (events[i].created_at > filter.visible_until) break;
    if (!filter.shows(events[i])) continue;
    if (shown == asked.limit) {
      after = '"' + last + '"';
      break;
    }
    if (shown++ > 0) data += ',';
    data += events[i].text;
    last = events[i].id;
  }
  return {200, fmt::format(R"({{"object":"list","data":[{}],"list_metadata":{{"after":{}}}}})",
                           data, after)};
}

}  // namespace rolecall::emulator
