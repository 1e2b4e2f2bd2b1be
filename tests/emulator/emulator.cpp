// emulator.cpp -- see emulator.hpp; the control face is control.cpp.
#include "tests/emulator/emulator.hpp"

#include <fmt/format.h>

namespace rolecall::emulator {

namespace {

constexpr std::size_t kLogLimit = 500'000;

std::string status_body(int status) {
  if (status == 429) return R"({"message":"Too many requests.","code":"rate_limit_exceeded"})";
  return fmt::format(R"({{"message":"Fault injected.","code":"injected_{}"}})", status);
}

}  // namespace

Emulator::Emulator(EmulatorOptions options)
    : options_(std::move(options)),
      model_(options_.model),
      faults_(options_.model.random_seed + 2),
      rate_limits_(options_.rate_limits) {
  seed(options_.seed_text, options_.model.started_at);
}

Plan Emulator::receive(const HttpRequest& request, WallTime now, std::string caller) {
  LoggedRequest& entry = log_.emplace_back();
  entry.seq = next_seq_++;
  entry.at = now;
  entry.caller = std::move(caller);
  entry.request = request;
  // No key in the log; of the headers only the one that tests ask for.
  std::erase_if(entry.request.headers,
                [](const auto& header) { return header.first != "idempotency-key"; });
  if (log_.size() > kLogLimit) log_.pop_front();
  Plan plan;
  if (in_outage(now)) {
    entry.fault = "outage";
    plan = {.apply = false, .ending = Ending::reset};
  } else if (auto fault = chooser_ ? chooser_(request, entry.caller) : std::nullopt) {
    entry.fault = name_of(fault->action);
    plan = plan_for(*fault, now);
  } else if (auto rule = faults_.choose(request)) {
    entry.fault = name_of(rule->action);
    plan = plan_for(*rule, now);
  } else if (const auto wait = rate_limits_.refuse(request, now)) {
    entry.fault = "rate_limit";
    plan = {.apply = false, .instead = refuse_busy(*wait, now)};
  }
  plan.seq = entry.seq;
  if (plan.instead) entry.status = plan.instead->status;
  if (watcher_) watcher_(Sighting::arrived, entry, now);
  return plan;
}

HttpResponse Emulator::apply(const Plan& plan, const HttpRequest& request, WallTime now) {
  HttpResponse response = model_.handle(request, now);
  if (LoggedRequest* entry = logged(plan.seq)) {
    entry->applied = response.status >= 200 && response.status < 300;
    if (plan.ending == Ending::answer) entry->status = response.status;
    if (watcher_) watcher_(Sighting::applied, *entry, now);
  }
  return response;
}

Plan Emulator::plan_for(const FaultRule& fault, WallTime now) {
  const auto instead = [&](int status, std::string_view type, std::string body) {
    HttpResponse response{.status = status, .body = std::move(body)};
    response.headers["content-type"] = type;
    response.headers["x-request-id"] = model_.make_request_id(now);
    if (fault.retry_after) response.headers["retry-after"] = std::to_string(*fault.retry_after);
    return response;
  };
  constexpr std::string_view kJson = "application/json; charset=utf-8";
  switch (fault.action) {
    case FaultAction::status:
      return {.apply = false, .instead = instead(fault.status, kJson, status_body(fault.status))};
    case FaultAction::reset:
      return {.apply = false, .ending = Ending::reset};
    case FaultAction::stall:
      return {.apply = false, .ending = Ending::stall};
    case FaultAction::apply_then_reset:
      return {.ending = Ending::reset};
    case FaultAction::apply_then_stall:
      return {.ending = Ending::stall};
    case FaultAction::delay:
      return {.wait = fault.delay};
    case FaultAction::apply_late:
      return {.wait = fault.delay, .late = true, .ending = Ending::reset};
    case FaultAction::refuse:
      return {.apply = false, .ending = Ending::refuse};
    case FaultAction::html:
      return {.apply = false,
              .instead = instead(200, "text/html", "<!doctype html><title>Maintenance</title>")};
    case FaultAction::garbage:
      return {.apply = false, .instead = instead(200, kJson, R"({"object":"list","data":[{"id":)")};
    case FaultAction::endless:
      return {.apply = false, .ending = Ending::endless};
    case FaultAction::empty:
      return {.apply = false, .ending = Ending::close};
  }
  return {};
}

HttpResponse Emulator::refuse_busy(Millis wait, WallTime now) {
  HttpResponse response{.status = 429, .body = status_body(429)};
  response.headers["content-type"] = "application/json; charset=utf-8";
  response.headers["x-request-id"] = model_.make_request_id(now);
  response.headers["retry-after"] =
      std::to_string(std::chrono::ceil<std::chrono::seconds>(wait).count());
  return response;
}

LoggedRequest* Emulator::logged(std::uint64_t seq) {
  if (log_.empty() || seq < log_.front().seq || seq > log_.back().seq) return nullptr;
  return &log_[seq - log_.front().seq];
}

std::vector<WebhookDelivery> Emulator::take_webhooks() {
  std::vector<WebhookDelivery> deliveries;
  const std::vector<Event>& events = state().events;
  for (; webhooked_events_ < events.size(); ++webhooked_events_)
    if (webhook_) deliveries.push_back({*webhook_, events[webhooked_events_].text});
  return deliveries;
}

void Emulator::reset(WallTime now) {
  ModelOptions options = options_.model;
  options.started_at = now;
  model_ = WorkosModel{std::move(options)};
  faults_.clear();
  rate_limits_.forget();
  rate_limits_.configure(options_.rate_limits);
  webhook_.reset();
  webhooked_events_ = 0;
  outage_until_ = {};
  date_offset_ = Millis{0};
  log_.clear();
  seed(options_.seed_text, now);
}

}  // namespace rolecall::emulator
