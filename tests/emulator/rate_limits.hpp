// rate_limits.hpp -- WorkOS's published limits as sliding windows.
// Owns:    the times of the requests let through.
// Thread:  one.
// Fails:   never.
// Never:   counts a request that it refused.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>

#include "worker/core/http.hpp"

namespace rolecall::emulator {

struct RateLimit {
  int requests = 0;
  int seconds = 0;
};

struct RateLimitSettings {
  bool on = true;
  // By name: um_read and um_write for /user_management/*, general for everything, and
  // organization_delete. The first two count per environment, the others per API key.
  std::map<std::string, RateLimit> limits{{"um_write", {500, 10}},
                                          {"um_read", {1000, 10}},
                                          {"general", {6000, 60}},
                                          {"organization_delete", {50, 60}}};
};

class RateLimits {
 public:
  explicit RateLimits(RateLimitSettings settings) : settings_(std::move(settings)) {}
  // Nothing: let through and counted. Else: when to come back.
  std::optional<Millis> refuse(const HttpRequest& request, WallTime now);
  const RateLimitSettings& settings() const { return settings_; }
  void configure(RateLimitSettings settings) { settings_ = std::move(settings); }
  void forget() { passed_.clear(); }

 private:
  RateLimitSettings settings_;
  std::map<std::string, std::deque<WallTime>> passed_{};  // by limit and key
};

}  // namespace rolecall::emulator
