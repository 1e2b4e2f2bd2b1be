// organizations.cpp -- tenants.
#include <fmt/format.h>

#include <algorithm>

#include "tests/emulator/families.hpp"

namespace rolecall::emulator {

namespace {

constexpr std::size_t kNoLimit = 10'000;

Organization* by_external_id(State& state, const std::string& external_id) {
  for (auto& [position, organization] : state.organizations.rows())
    if (organization.external_id == external_id) return &organization;
  return nullptr;
}

bool has_domain(const Organization& organization, const std::string& name) {
  return std::ranges::any_of(organization.domains, [&](const Domain& domain) {
    return same_address(domain.domain, name);
  });
}

// What a POST or PUT says. `domains` is the whole new list.
struct Given {
  std::optional<std::string> name{};
  std::optional<bool> allow_profiles{};
  std::optional<std::optional<std::string>> external_id{};
  std::optional<std::string> stripe_customer_id{};
  std::optional<std::map<std::string, std::optional<std::string>>> metadata{};
  std::optional<std::vector<std::pair<std::string, std::string>>> domains{};  // name, state
};

void read_domains(const json::object& body, Fields& fields, Given& given) {
  if (const auto plain = fields.texts("domains")) {
    given.domains.emplace();
    for (const std::string& name : *plain) given.domains->emplace_back(name, "verified");
  }
  const json::value* data = body.if_contains("domain_data");
  if (data == nullptr) return;
  given.domains.emplace();
  const json::array none;
  for (const json::value& item : data->is_array() ? data->get_array() : none) {
    const json::object* object = item.if_object();
    Fields domain{object != nullptr ? *object : body};
    const std::string name = domain.required_text("domain", 255);
    const std::string state = domain.required_text("state", 20);
    if (object == nullptr || !domain.fine() || (state != "pending" && state != "verified"))
      fields.refuse("invalid", "domain_data", "domain_data items need a domain and a state.");
    else
      given.domains->emplace_back(name, state);
  }
  if (!data->is_array()) fields.refuse("invalid_type", "domain_data", "It must be an array.");
}

Given read_given(const json::object& body, Fields& fields) {
  Given given;
  given.name = fields.text("name", kNoLimit);
  if (given.name && given.name->empty())
    fields.refuse("required", "name", "name must not be empty.");
  given.allow_profiles = fields.flag("allow_profiles_outside_organization");
  given.external_id = fields.nullable_text("external_id", 128);
  if (given.external_id && *given.external_id && !is_ascii(**given.external_id))
    fields.refuse("invalid", "external_id", "external_id must be ASCII.");
  given.stripe_customer_id = fields.text("stripe_customer_id", kNoLimit);
  given.metadata = fields.metadata();
  read_domains(body, fields, given);
  return given;
}

// What only the other organizations can forbid.
std::optional<Reply> check_given(Call& call, const Given& given, const std::string& own_id) {
  for (auto& [position, other] : call.state.organizations.rows()) {
    if (other.id == own_id) continue;
    if (given.external_id && *given.external_id && other.external_id == *given.external_id)
      return refusal(400, "external_id_already_used",
                     "The external_id is used by another organization.");
    if (given.stripe_customer_id && other.stripe_customer_id == given.stripe_customer_id)
      return refusal(400, "stripe_customer_id_already_used",
                     "The stripe_customer_id is used by another organization.");
    if (!given.domains) continue;
    for (const auto& [name, state] : *given.domains)
      if (has_domain(other, name))
        return refusal(409, "organization_domain_conflict",
                       fmt::format("The domain {} belongs to another organization.", name));
  }
  return std::nullopt;
}

void take_domains(Call& call, const Given& given, Organization& organization) {
  if (!given.domains) return;
  std::vector<Domain> domains;
  for (const auto& [name, state] : *given.domains) {
    const auto known = std::ranges::find(organization.domains, name, &Domain::domain);
    Domain domain;
    if (known != organization.domains.end()) {
      domain = *known;
    } else {
      domain.id = call.state.ids.make("org_domain_", call.now);
      domain.created_at = domain.updated_at = call.now;
      domain.domain = name;
    }
    domain.state = state;
    domains.push_back(std::move(domain));
  }
  organization.domains = std::move(domains);
}

void take_given(Call& call, const Given& given, Organization& organization) {
  organization.name = given.name.value_or(organization.name);
  organization.allow_profiles_outside_organization =
      given.allow_profiles.value_or(organization.allow_profiles_outside_organization);
  if (given.external_id) organization.external_id = *given.external_id;
  if (given.stripe_customer_id) organization.stripe_customer_id = given.stripe_customer_id;
  if (given.metadata) merge_metadata(organization.metadata, *given.metadata);
  take_domains(call, given, organization);
}

Organization* named(Call& call) {
  return call.state.organizations.find(call.arguments[0]);
}

Reply unknown(const Call& call) {
  return not_found("Organization", call.arguments[0]);
}

}  // namespace

Reply list_organizations(Call& call) {
  const std::vector<std::string> domains = call.query.list("domains");
  const auto search = call.query.one("search");
  std::vector<Organization*> rows;
  for (auto& [position, organization] : call.state.organizations.rows()) {
    if (search && organization.name.find(*search) == std::string::npos) continue;
    if (!domains.empty() && std::ranges::none_of(domains, [&](const std::string& name) {
          return has_domain(organization, name);
        }))
      continue;
    rows.push_back(&organization);
  }
  return list_page(call.query, call.state.organizations, std::move(rows),
                   [](const Organization& organization) { return document(organization); });
}

Reply create_organization(Call& call) {
  Fields fields{call.body};
  const Given given = read_given(call.body, fields);
  if (!given.name && fields.fine()) fields.refuse("required", "name", "name must be given.");
  if (!fields.fine()) return fields.problem();
  if (const auto refused = check_given(call, given, "")) return *refused;
  Organization organization;
  organization.id = call.state.ids.make("org_", call.now);
  organization.created_at = organization.updated_at = call.now;
  take_given(call, given, organization);
  if (!metadata_fits(organization.metadata))
    return refusal(400, "invalid_metadata", "The metadata is too big.");
  const Organization& added = call.state.organizations.add(std::move(organization));
  emit(call, "organization.created", added.id, document(added));
  return answer(201, document(added));
}

Reply get_organization(Call& call) {
  const Organization* organization = named(call);
  return organization == nullptr ? unknown(call) : answer(200, document(*organization));
}

Reply get_organization_by_external_id(Call& call) {
  const Organization* organization = by_external_id(call.state, call.arguments[0]);
  return organization == nullptr ? unknown(call) : answer(200, document(*organization));
}

Reply update_organization(Call& call) {
  Organization* organization = named(call);
  if (organization == nullptr) return unknown(call);
  Fields fields{call.body};
  const Given given = read_given(call.body, fields);
  if (!fields.fine()) return fields.problem();
  if (const auto refused = check_given(call, given, organization->id)) return *refused;
  Organization changed = *organization;
  take_given(call, given, changed);
  if (!metadata_fits(changed.metadata))
    return refusal(400, "invalid_metadata", "The metadata is too big.");
  json::object previous;
  const json::object before = document(*organization);
  for (const auto& [key, value] : document(changed)) {
    const json::value* old = before.if_contains(key);
    if (old == nullptr || *old != value)
      previous[key] = old == nullptr ? json::value(nullptr) : *old;
  }
  if (!previous.empty()) {
    changed.updated_at = call.now;
    *organization = std::move(changed);
    emit(call, "organization.updated", organization->id, document(*organization),
         std::move(previous));
  }
  return answer(200, document(*organization));
}

Reply delete_organization(Call& call) {
  const Organization* found = named(call);
  if (found == nullptr) return unknown(call);
  Organization gone = *found;
  for (const Membership* membership : call.state.memberships.of_organization(gone.id))
    erase_membership(call, membership->id);
  call.state.organizations.erase(gone.id);
  gone.updated_at = call.now;
  emit(call, "organization.deleted", gone.id, document(gone));
  return {200, ""};
}

}  // namespace rolecall::emulator
