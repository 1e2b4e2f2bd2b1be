#include "tests/postgres/app/app_world.hpp"

#include <stdexcept>

namespace rolecall::testing {

AppWorld::AppWorld() : app(database, "rolecall_app") {
  app.must("select rolecall.upsert_organization('acme', 'Acme', 'org_1')");
  for (const auto* slug : {"admin", "member"})
    app.must("select rolecall.upsert_global_role('" + std::string(slug) + "', 'A role')");
  for (const auto* id : {"ann", "ben", "cy"})
    app.must("select rolecall.upsert_user(" + quoted(id) + ", " + quoted(std::string(id) + "@x") +
             ", " + quoted("user_" + std::string(id, 1)) + ")");
}

std::string AppWorld::quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

std::string AppWorld::array_of(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "" : ",") + quoted(text);
  return "array[" + out + "]::text[]";
}

std::string AppWorld::new_role(const std::string& name, const std::string& organization) {
  return app
      .must("select subject from rolecall.create_role(" + quoted(organization) + ", " +
            quoted(name) + ")")
      .value();
}

std::string AppWorld::environment_role(const std::string& slug) {
  return value("select 'role:global:' || id from rolecall.global_roles where workos_slug = " +
               quoted(slug));
}

void AppWorld::add_member(const std::string& member, const std::vector<std::string>& roles) {
  app.must("select rolecall.add_member('acme', " + quoted(member) + ", " + array_of(roles) + ")");
}

std::string AppWorld::said_roles(const std::string& subject) {
  return value(
      "select string_agg(r, ',' order by n) from rolecall.outbox o, "
      "jsonb_array_elements_text(o.desired -> 'roles') with ordinality x (r, n) "
      "where (o.subject, o.version) = (select subject, version from rolecall.subjects where "
      "subject = " +
      quoted(subject) + ")");
}

std::string AppWorld::version_of(const std::string& subject) {
  return value("select version from rolecall.subjects where subject = " + quoted(subject));
}

std::string AppWorld::newest(const std::string& subject, const std::string& column) {
  return value("select (" + column + ")::text from rolecall.outbox where subject = " +
               quoted(subject) + " order by version desc limit 1");
}

void AppWorld::rewrite_function(const std::string& name, const std::string& from,
                                const std::string& to) {
  auto text = value("select pg_get_functiondef(" + quoted(name) + "::regproc)");
  const auto at = text.find(from);
  if (at == std::string::npos) throw std::runtime_error(name + " does not contain: " + from);
  text.replace(at, from.size(), to);
  database.sql(text);
}

::testing::AssertionResult refused(const Answer& answer, const std::string& sqlstate,
                                   const std::string& what) {
  if (answer.ok()) return ::testing::AssertionFailure() << "it was not refused";
  if (answer.sqlstate != sqlstate || answer.message.find(what) == std::string::npos)
    return ::testing::AssertionFailure() << answer.sqlstate << ": " << answer.message;
  if (answer.hint.empty()) return ::testing::AssertionFailure() << "no hint: " << answer.message;
  return ::testing::AssertionSuccess();
}

}  // namespace rolecall::testing
