#include "worker/app/adopt/adoption_store.hpp"

#include <fmt/format.h>

#include <utility>

#include "outbox/pg/json_writer.hpp"
#include "outbox/pg/reconcile_json.hpp"
#include "worker/app/adopt/adoption_json.hpp"
#include "worker/app/statement.hpp"

namespace rolecall {
namespace {

constexpr auto kOrganizationsAtOnce = "500";
constexpr auto kRestAtOnce = "500";

std::string text_of_flag(bool flag) {
  return flag ? "true" : "false";
}

}  // namespace

Result<Rows> AdoptionStore::ask(const std::string& name, const Params& params) {
  return database_.run(statement(name), params);
}

Result<std::int64_t> AdoptionStore::run(AdoptPolicy policy, bool again) {
  const auto rows = ask("adopt_run", {std::string(name_of(policy)), text_of_flag(again)});
  if (!rows) return rows.error();
  const std::int64_t number = rows->number(0, "run");
  const std::string has = rows->text(0, "policy");
  if (has == name_of(policy)) return number;
  return Failure{.kind = FailureClass::bad_input,
                 .code = "another_policy",
                 .detail = fmt::format("adoption {} was begun with the policy {}: continue it with "
                                       "--policy {}, or begin a new one with --again",
                                       number, has, has)};
}

Result<AdoptCount> AdoptionStore::count(std::int64_t run, const std::string& only) {
  const auto rows = ask("adopt_count", {std::to_string(run), only});
  if (!rows) return rows.error();
  return AdoptCount{rows->number(0, "known"), rows->number(0, "done")};
}

Result<std::vector<AdoptOrganization>> AdoptionStore::next(std::int64_t run,
                                                           const std::string& only,
                                                           const std::string& after) {
  const auto rows = ask("adopt_next", {std::to_string(run), only, after, kOrganizationsAtOnce});
  if (!rows) return rows.error();
  std::vector<AdoptOrganization> organizations;
  for (std::size_t i = 0; i < rows->size(); ++i)
    organizations.push_back(
        {rows->text(i, "organization_id"), rows->text(i, "workos_organization_id")});
  return organizations;
}

Result<AdoptAttempt> AdoptionStore::begin(const std::string& organization, std::int64_t run) {
  const auto rows = ask("adopt_begin", {organization, std::to_string(run)});
  if (!rows) return rows.error();
  return AdoptAttempt{organization, rows->number(0, "attempt")};
}

Result<std::string> AdoptionStore::now() {
  const auto rows = ask("adopt_now", {});
  if (!rows) return rows.error();
  return rows->text(0, "now");
}

Result<TenantHolder> AdoptionStore::holder(const std::string& organization,
                                           const workos::Tenant& tenant) {
  const auto rows =
      ask("adopt_holder", {organization, tenant.id, fit_for_database(tenant.external_id)});
  if (!rows) return rows.error();
  return TenantHolder{rows->text(0, "holder"), rows->flag(0, "names_another")};
}

Result<std::vector<UserMatch>> AdoptionStore::users(std::vector<workos::User> listed) {
  const auto rows = ask("adopt_users", {adopt_document(listed)});
  if (!rows) return rows.error();
  return user_matches_of(*rows, std::move(listed));
}

Result<std::vector<AdoptThing>> AdoptionStore::compare(const AdoptOrganization& organization,
                                                       std::vector<ListedThing> listed) {
  const auto document = document_of(listed);
  if (!document) return document.error();
  const auto rows = ask("adopt_page", {organization.id, organization.workos, *document});
  if (!rows) return rows.error();
  return adopt_things_of(*rows, std::move(listed));
}

Result<AdoptRest> AdoptionStore::rest(const AdoptOrganization& organization,
                                      const std::string& after) {
  const auto rows = ask("adopt_rest", {organization.id, organization.workos, after, kRestAtOnce});
  if (!rows) return rows.error();
  return adopt_rest_of(*rows);
}

Result<void> AdoptionStore::keep(const AdoptAttempt& attempt, Result<std::string> things) {
  if (!things) return things.error();
  const auto rows = ask("adopt_stage",
                        {attempt.organization, std::to_string(attempt.number), *std::move(things)});
  if (!rows) return rows.error();
  if (rows->flag(0, "answer")) return {};
  return Failure{.kind = FailureClass::lease_lost,
                 .code = std::string(kAdoptionFenced),
                 .detail = "another adoption of the organization has begun"};
}

Result<void> AdoptionStore::stage(const AdoptAttempt& attempt,
                                  const std::vector<AdoptStaged>& things) {
  return keep(attempt, adopt_document(things));
}

Result<void> AdoptionStore::stage(const AdoptAttempt& attempt,
                                  const std::vector<EnvironmentRole>& roles) {
  return keep(attempt, adopt_document(roles));
}

Result<void> AdoptionStore::stage(const AdoptAttempt& attempt,
                                  const std::map<std::string, std::string>& links) {
  return keep(attempt, adopt_document(links));
}

Result<AdoptFinish> AdoptionStore::finish(const AdoptAttempt& attempt, const std::string& workos) {
  // one organization is one statement, however many members it has
  const auto begun = database_.script("begin; set local statement_timeout = 0");
  if (!begun) return begun.error();
  const auto rows =
      ask("adopt_finish", {attempt.organization, std::to_string(attempt.number), workos});
  auto finish = rows ? adopt_finish_of(*rows) : Result<AdoptFinish>(rows.error());
  const auto ended = database_.script(finish ? "commit" : "rollback");
  if (finish && !ended) return ended.error();
  return finish;
}

Result<void> AdoptionStore::leave(const AdoptAttempt& attempt, const std::string& reason,
                                  const std::string& detail) {
  const auto rows = ask("adopt_leave", {attempt.organization, std::to_string(attempt.number),
                                        reason, fit_for_database(detail)});
  if (!rows) return rows.error();
  return {};
}

}  // namespace rolecall
