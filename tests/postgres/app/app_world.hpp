// app_world.hpp -- a migrated database with one organization, and an application connected to it.
// Owns:    the database, and one client of the database role rolecall_app.
// Thread:  one.
// Fails:   must-statements throw; what a test expects to fail goes through app.run.
// Never:   looks at WorkOS: nothing leaves the database here.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/postgres/app/client.hpp"
#include "tests/support/postgres.hpp"

namespace rolecall::testing {

// Organization acme is org_1, with users ann (user_a), ben (user_b) and cy (user_c), none a member.
class AppWorld : public ::testing::Test {
 protected:
  AppWorld();

  // URN of a new role of an organization, or of an environment role.
  std::string new_role(const std::string& name, const std::string& organization = "acme");
  std::string environment_role(const std::string& slug);
  void add_member(const std::string& member, const std::vector<std::string>& roles);
  // For sql text: 'x', and array['x','y'].
  static std::string quoted(const std::string& text);
  static std::string array_of(const std::vector<std::string>& texts);

  // Superuser's view of one value.
  std::string value(const std::string& sql) { return database.value(sql); }
  // Roles that the newest version of the member tells WorkOS, comma-separated.
  std::string said_roles(const std::string& subject);
  std::string version_of(const std::string& subject);
  // The newest outbox row of a subject: one column as text.
  std::string newest(const std::string& subject, const std::string& column);
  // Changes the text of a function in this test's database, to show what breaks without it.
  void rewrite_function(const std::string& name, const std::string& from, const std::string& to);

  TestDatabase database{};
  Client app;
};

// The statement is refused with this SQLSTATE and a hint, and its message names `what`.
::testing::AssertionResult refused(const Answer& answer, const std::string& sqlstate,
                                   const std::string& what);

}  // namespace rolecall::testing
