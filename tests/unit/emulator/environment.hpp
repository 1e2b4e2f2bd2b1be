// environment.hpp -- a WorkOS environment with two organizations and three users, for tests.
// Owns:    an emulator and its time, which moves only when told to.
// Thread:  one.
// Fails:   as GoogleTest does.
// Never:   waits.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/emulator/emulator.hpp"

namespace rolecall::emulator {

// An answer, read.
struct Answer {
  int status = 0;
  boost::json::value body{};
  Headers headers{};

  const boost::json::value& at(std::string_view pointer) const { return body.at_pointer(pointer); }
  std::string text(std::string_view pointer) const;
  std::vector<std::string> texts(std::string_view list, std::string_view field) const;
  std::string code() const { return text("/code"); }
};

// Organizations org_acme and org_beta; users user_ada, user_bob, user_eve; no members.
class Environment : public testing::Test {
 protected:
  Environment();
  explicit Environment(EmulatorOptions options);

  Answer call(std::string method, std::string target, std::string body = "");
  Answer edit(std::string method, std::string target, std::string body = "");
  Answer control(std::string method, std::string target, std::string body = "");
  // A POST that must succeed; answers the new object's id.
  std::string create(std::string target, std::string body);
  void add_role(std::string organization, std::string slug);
  std::string add_member(std::string organization, std::string user, std::string role = "member");
  void pass(Millis span) { now_ += span; }
  // Names of the events that have happened since the last look.
  std::vector<std::string> new_events();
  boost::json::value last_event();

  WallTime now_ = std::chrono::sys_days{std::chrono::year{2026} / 1 / 15} + std::chrono::hours{12};
  Emulator emulator_;

 private:
  std::size_t seen_events_ = 0;
};

Answer read(const HttpResponse& response);

}  // namespace rolecall::emulator
