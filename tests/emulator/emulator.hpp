// emulator.hpp -- the model and all around it: faults, rate limits, outage, log, control face.
// Owns:    the model and the log. A face (transport.hpp, server.hpp) brings the time and the bytes.
// Thread:  one.
// Fails:   never; what goes wrong is a Plan.
// Never:   reads a clock or waits.
#pragma once

#include <boost/json.hpp>
#include <deque>
#include <functional>

#include "tests/emulator/faults.hpp"
#include "tests/emulator/model.hpp"
#include "tests/emulator/rate_limits.hpp"

namespace rolecall::emulator {

struct Webhook {
  std::string url{};
  std::string secret{};
};

struct EmulatorOptions {
  ModelOptions model{};
  RateLimitSettings rate_limits{};
  std::string seed_text{};  // JSON as POST /_emulator/seed takes it; also loaded at each reset
};

enum class Ending { answer, reset, stall, close, endless, refuse };

// What a face shall do with one request: wait, then let it be applied or not, then end it so.
struct Plan {
  std::uint64_t seq = 0;  // in the log
  Millis wait{0};
  bool apply = true;
  bool late = false;  // ended at once, applied after `wait` all the same
  Ending ending = Ending::answer;
  std::optional<HttpResponse> instead{};  // answered in the model's place
};

struct LoggedRequest {
  std::uint64_t seq = 0;
  WallTime at{};
  std::string caller{};
  HttpRequest request{};
  int status = 0;        // 0: no answer was given
  bool applied = false;  // the model carried it out and meant a 2xx
  std::string fault{};   // empty: none; else the action's name, "rate_limit" or "outage"
};

enum class Sighting { arrived, applied };
using Watcher = std::function<void(Sighting, const LoggedRequest&, WallTime)>;
using FaultChooser =
    std::function<std::optional<FaultRule>(const HttpRequest&, const std::string& caller)>;

struct WebhookDelivery {
  Webhook target;
  std::string body;
};

class Emulator {
 public:
  explicit Emulator(EmulatorOptions options);

  // A request has arrived whole.
  Plan receive(const HttpRequest& request, WallTime now, std::string caller = {});
  // The plan's time has come: the model carries it out.
  HttpResponse apply(const Plan& plan, const HttpRequest& request, WallTime now);
  // Events since the last call, for the webhook endpoint if there is one.
  std::vector<WebhookDelivery> take_webhooks();

  static bool is_control(const HttpRequest& request);
  HttpResponse control(const HttpRequest& request, WallTime now);
  // Refuses with the reason, and changes nothing then.
  std::optional<std::string> seed(const std::string& text, WallTime now);
  void reset(WallTime now);

  WorkosModel& model() { return model_; }
  State& state() { return model_.state(); }
  Faults& faults() { return faults_; }
  RateLimits& rate_limits() { return rate_limits_; }
  const std::deque<LoggedRequest>& log() const { return log_; }
  // How far the clock behind the answers' Date header is ahead of the real one.
  Millis date_offset() const { return date_offset_; }
  void set_outage_until(WallTime end) { outage_until_ = end; }
  bool in_outage(WallTime now) const { return now < outage_until_; }
  void set_webhook(std::optional<Webhook> webhook) { webhook_ = std::move(webhook); }
  // Called for each request; must not call back.
  void watch(Watcher watcher) { watcher_ = std::move(watcher); }
  // Asked before the rules; the simulator's own chance decides there.
  void choose_faults(FaultChooser chooser) { chooser_ = std::move(chooser); }

 private:
  Plan plan_for(const FaultRule& fault, WallTime now);
  HttpResponse refuse_busy(Millis wait, WallTime now);
  LoggedRequest* logged(std::uint64_t seq);
  HttpResponse configure(const HttpRequest& request, WallTime now);
  void configure_webhook(const boost::json::value& webhook, WallTime now);

  EmulatorOptions options_;
  WorkosModel model_;
  Faults faults_;
  RateLimits rate_limits_;
  std::optional<Webhook> webhook_{};
  std::size_t webhooked_events_ = 0;
  WallTime outage_until_{};
  Millis date_offset_{0};
  std::deque<LoggedRequest> log_{};
  std::uint64_t next_seq_ = 1;
  Watcher watcher_{};
  FaultChooser chooser_{};
};

}  // namespace rolecall::emulator
