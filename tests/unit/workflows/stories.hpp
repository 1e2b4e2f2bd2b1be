// stories.hpp -- short ways to say what the tests of workflows say again and again.
// Owns:    its text.
// Thread:  one test.
// Fails:   a wrong step is a std::bad_variant_access, which fails the test with the step's name.
// Never:   decides anything that a test should state itself.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "worker/core/workflow.hpp"
#include "workflows/registry.hpp"

namespace rolecall::stories {

inline HttpResponse answer(int status, std::string body = {}, Headers headers = {}) {
  headers.emplace("x-request-id", "req_1");
  return {status, std::move(headers), std::move(body)};
}

inline Failure no_answer(FailureClass kind, std::string code = "reset") {
  return {kind, std::move(code), "the connection ended", {}, 0, {}};
}

inline Lease lease_of(std::string kind, JsonText desired, Operation operation) {
  Lease lease;
  lease.subject = Subject("member:org_1:user_1");
  lease.organization = OrganizationId("acme");
  lease.kind = std::move(kind);
  lease.version = Version(7);
  lease.token = LeaseToken(70);
  lease.send = SendId(700);
  lease.desired = std::move(desired);
  lease.operation = operation;
  return lease;
}

inline Call call_of(const DeliveryStep& step) {
  return std::get<Call>(step);
}
inline Settlement settled(const DeliveryStep& step) {
  return std::get<Settlement>(step);
}
inline Call call_of(const ReadStep& step) {
  return std::get<Call>(step);
}
inline Result<Observation> shown(const ReadStep& step) {
  return std::get<Result<Observation>>(step);
}

inline constexpr const char* kCreated = "2026-01-15T12:00:00.000Z";
inline constexpr const char* kUpdated = "2026-01-16T12:00:00.000Z";

inline std::string membership(const std::string& id, const std::string& roles,
                              const std::string& more = {}) {
  return R"({"object":"organization_membership","id":")" + id +
         R"(","user_id":"user_1","organization_id":"org_1","status":"active",)" +
         R"("directory_managed":false,"roles":)" + roles + R"(,"created_at":")" + kCreated +
         R"(","updated_at":")" + kUpdated + "\"" + more + "}";
}

inline std::string role(const std::string& slug, const std::string& more = {}) {
  return R"({"object":"role","id":"role_1","slug":")" + slug +
         R"(","name":"Billing","description":null,"type":"OrganizationRole",)" +
         R"("permissions":["a:read","b:read"],"created_at":")" + kCreated + R"(","updated_at":")" +
         kUpdated + "\"" + more + "}";
}

}  // namespace rolecall::stories
