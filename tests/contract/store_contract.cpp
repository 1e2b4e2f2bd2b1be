#include "tests/contract/store_contract.hpp"

#include <ostream>
#include <stdexcept>
#include <utility>

namespace rolecall::contract {
namespace {

const std::vector<std::string> kKinds{"role.push", "role.permissions", "role.remove", "member.push",
                                      "member.remove"};

template <class T>
T must(Result<T> result) {
  if (result.has_error())
    throw std::runtime_error(result.error().code + ": " + result.error().detail);
  return *std::move(result);
}

}  // namespace

std::vector<NamedWorld>& registered_worlds() {
  static std::vector<NamedWorld> worlds;
  return worlds;
}

void PrintTo(const NamedWorld& world, std::ostream* out) {
  *out << world.name;
}

Registration::Registration(std::string name, MakeWorld make) {
  registered_worlds().push_back({std::move(name), std::move(make)});
}

World& StoreContract::world() {
  if (!world_) world_ = GetParam().make();
  return *world_;
}

WorkerId StoreContract::open_session() {
  SessionRequest request{.program_version = "0.1.0", .host = "here", .process_id = 7};
  return must(world().loop().run(world().store().open_session(request)));
}

int StoreContract::take_in(int limit) {
  return must(world().loop().run(world().store().take_in(limit)));
}

LeaseBatch StoreContract::lease_batch(WorkerId worker, int limit, std::vector<std::string> kinds) {
  LeaseRequest request{.worker = worker,
                       .limit = limit,
                       .lease_time = Millis{30'000},
                       .kinds = kinds.empty() ? kKinds : std::move(kinds)};
  return must(world().loop().run(world().store().lease_due(request)));
}

std::vector<Lease> StoreContract::lease(WorkerId worker, int limit) {
  return lease_batch(worker, limit).leases;
}

Lease StoreContract::lease_one(WorkerId worker) {
  auto leases = lease(worker);
  if (leases.size() != 1)
    throw std::runtime_error(std::to_string(leases.size()) + " leases instead of one");
  return leases[0];
}

SettleResult StoreContract::settle(WorkerId worker, const Settlement& settlement) {
  std::vector<Settlement> all{settlement};
  const auto settled = must(world().loop().run(world().store().settle(worker, all)));
  if (settled.size() != 1 || settled[0].subject != settlement.subject ||
      settled[0].token != settlement.token)
    throw std::runtime_error("settle did not answer for what it was given");
  return settled[0].result;
}

int StoreContract::wake() {
  return must(world().loop().run(world().store().wake(100)));
}

RescueReport StoreContract::rescue(WorkerId worker) {
  return must(world().loop().run(world().store().rescue(worker)));
}

std::vector<Reduced> StoreContract::reduce(Reducer reducer) {
  return must(world().loop().run(world().store().reduce(100, std::move(reducer))));
}

std::vector<SubjectFacts> StoreContract::facts() {
  std::vector<SubjectFacts> shown;
  reduce([&shown](const SubjectFacts& facts) -> Result<Reduction> {
    shown.push_back(facts);
    return unchanged(facts);
  });
  return shown;
}

std::vector<Verification> StoreContract::verifications(WorkerId worker, int limit) {
  return must(world().loop().run(world().store().take_verifications(worker, limit)));
}

bool StoreContract::record(const Verification& asked, const Observation& shown) {
  RecordedRead read{.asked = asked, .shown = shown};
  return must(world().loop().run(world().store().record_read(read)));
}

ProviderMode StoreContract::report(WorkerId worker, ProviderReport report) {
  return must(world().loop().run(world().store().report_provider(worker, report)));
}

IdleLook StoreContract::idle_look(WorkerId worker, bool maintain) {
  const IdleRequest request{.worker = worker, .wake_limit = 100, .maintain = maintain};
  return must(world().loop().run(world().store().idle_look(request)));
}

NextDue StoreContract::next_due(WorkerId worker) {
  return must(world().loop().run(world().store().next_due(worker)));
}

TokenBlock StoreContract::take_tokens(RateClass rate_class, int want) {
  return must(world().loop().run(world().store().take_tokens(rate_class, want)));
}

void StoreContract::report_throttle(const Throttle& throttle) {
  const auto told = world().loop().run(world().store().report_throttle(throttle));
  if (told.has_error()) throw std::runtime_error(told.error().detail);
}

void StoreContract::deliver(WorkerId worker, const Lease& lease, const std::string& incarnation) {
  ASSERT_EQ(settle(worker, delivered(lease, present(incarnation, lease.desired))),
            SettleResult::ok);
  reduce([](const SubjectFacts& facts) -> Result<Reduction> {
    Reduction out = unchanged(facts);
    for (const auto& send : facts.sends)
      if (send.answer) {
        out.incarnation = send.answer->incarnation;
        out.incarnation_created_at = send.answer->created_at;
        out.seen = send.answer->value;
        out.seen_at = send.answer->updated_at;
        out.seen_source = "answer";
        out.looked = true;
        out.echoed = send.version;
        out.closed.push_back(send.id);
      }
    return out;
  });
}

std::string role_subject(const std::string& slug) {
  return "role:organization:" + slug;
}
std::string member_subject(const std::string& user) {
  return "member:o1:" + user;
}

JsonText role(const std::string& slug, const std::string& name) {
  return R"({"organization":"org_1","slug":")" + slug + R"(","name":")" + name +
         R"(","description":null})";
}

JsonText member(const std::string& user, const std::string& roles) {
  return R"({"organization":"org_1","user":")" + user + R"(","roles":[)" + roles + "]}";
}

Change push_role(const std::string& slug, const std::string& name) {
  return {.subject = role_subject(slug), .kind = "role.push", .desired = role(slug, name)};
}

Change remove_role(const std::string& slug) {
  return {.subject = role_subject(slug),
          .kind = "role.remove",
          .desired = R"({"organization":"org_1","slug":")" + slug + R"("})",
          .priority = 0};
}

Change push_member(const std::string& user, const std::string& roles) {
  return {.subject = member_subject(user), .kind = "member.push", .desired = member(user, roles)};
}

Settlement settlement(const Lease& lease, Outcome outcome, SendFate fate, Millis delay) {
  return Settlement{.subject = lease.subject,
                    .token = lease.token,
                    .send = lease.send,
                    .outcome = outcome,
                    .fate = fate,
                    .delay = delay};
}

Settlement failed(const Lease& lease, Outcome outcome, SendFate fate, FailureClass failure,
                  Millis delay) {
  Settlement out = settlement(lease, outcome, fate, delay);
  out.failure = Failure{.kind = failure,
                        .code = "it_failed",
                        .detail = "as the test says",
                        .http_status = 500,
                        .request_id = RequestId("req_1")};
  return out;
}

Settlement delivered(const Lease& lease, const Observation& answer) {
  Settlement out = settlement(lease, Outcome::delivered, SendFate::answered);
  out.answer = answer;
  out.request_id = RequestId("req_1");
  out.call_time = Millis{12};
  return out;
}

Observation present(const std::string& incarnation, const JsonText& value,
                    const std::string& updated_at) {
  return Observation{.incarnation = incarnation,
                     .created_at = "2024-01-01T00:00:00.000Z",
                     .updated_at = updated_at,
                     .value = value};
}

Reduction unchanged(const SubjectFacts& facts) {
  Reduction out;
  out.incarnation = facts.incarnation;
  out.incarnation_created_at = facts.incarnation_created_at;
  out.dead_incarnation_at = facts.dead_incarnation_at;
  out.echoed = facts.echoed;
  out.looked = facts.looked;
  out.seen = facts.seen;
  out.seen_at = facts.seen_at;
  out.seen_status = facts.seen_status;
  out.touched = facts.touched;
  if (facts.lane) out.looks_absent = facts.lane->looks_absent;
  return out;
}

INSTANTIATE_TEST_SUITE_P(EveryStore, StoreContract, ::testing::ValuesIn(registered_worlds()),
                         [](const auto& info) { return info.param.name; });

}  // namespace rolecall::contract
