#include "tests/unit/worker/plain_workflows.hpp"

namespace rolecall::test {

PlainDelivery::PlainDelivery(const Lease& lease, int reads_after, bool writes_twice)
    : target_("/" + lease.subject.text()), reads_left_(reads_after), writes_twice_(writes_twice) {}

Call PlainDelivery::write() const {
  return Call{HttpRequest{.method = "PUT", .target = target_}, true};
}

DeliveryStep PlainDelivery::start() {
  return write();
}

DeliveryStep PlainDelivery::resume(const CallAnswer& answer) {
  if (!written_) written_ = answer;
  if (writes_twice_) return write();
  if (reads_left_-- > 0) return Call{HttpRequest{.method = "GET", .target = target_}, false};
  return settle(*written_);
}

std::optional<Settlement> PlainDelivery::interrupted() {
  if (!written_ || !*written_ || (*written_)->status != 409) return std::nullopt;
  return settle(*written_);
}

Settlement PlainDelivery::settle(const CallAnswer& answer) const {
  Settlement s;
  if (!answer) {
    s.failure = answer.error();
    s.fate = s.failure->kind == FailureClass::in_doubt ? SendFate::open : SendFate::unsent;
    return s;
  }
  if (answer->status < 300) {
    s.outcome = Outcome::delivered;
    s.fate = SendFate::answered;
    return s;
  }
  s.failure = Failure{.kind = FailureClass::in_doubt, .code = "server_error"};
  if (answer->status == 401) s.failure->kind = FailureClass::unauthorised;
  if (answer->status == 409) s.failure->kind = FailureClass::look_first;
  if (answer->status == 429) s.failure->kind = FailureClass::throttled;
  s.failure->http_status = answer->status;
  s.fate = answer->status >= 500 ? SendFate::open : SendFate::unsent;
  return s;
}

ReadStep PlainRead::start() {
  return Call{HttpRequest{.method = "GET", .target = target_}, false};
}

ReadStep PlainRead::resume(const CallAnswer& answer) {
  if (!answer) return Result<Observation>{answer.error()};
  if (answer->status >= 300) return Result<Observation>{Failure{.code = "server_error"}};
  Observation shown;
  shown.incarnation = "om_1";
  return Result<Observation>{shown};
}

PullStep PlainPull::start() {
  return Call{HttpRequest{.method = "GET", .target = "/events/" + task_.after}, false};
}

PullStep PlainPull::resume(const CallAnswer& answer) {
  if (!answer) return PullEnd{answer.error()};
  if (answer->status == 429)
    return PullEnd{Failure{.kind = FailureClass::throttled, .code = "slow_down"}};
  if (answer->status >= 300) return PullEnd{Failure{.code = "server_error"}, answer->status == 410};
  PulledPage page;
  for (const char id : answer->body) {
    if (id == kRolesAreRead) {
      page.roles.emplace();
      continue;
    }
    page.events.push_back({.id = std::string(1, id)});
    page.last_id = page.events.back().id;
  }
  page.end = page.events.empty();
  return PullEnd{std::move(page)};
}

Call PlainList::start() {
  return {.request = {.method = "GET", .target = "/list"}};
}

Result<ListedPage> PlainList::resume(const CallAnswer& answer) {
  if (!answer) return answer.error();
  ListedPage page{.end = true};
  for (const char name : answer->body)
    page.things.push_back({.family = "member",
                           .name = std::string(1, name),
                           .subject = Subject(std::string(1, name))});
  return page;
}

}  // namespace rolecall::test
