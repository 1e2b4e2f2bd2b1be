// model.hpp -- a WorkOS environment as a pure function of requests and time.
// Owns:    the environment's state.
// Thread:  one.
// Fails:   by the answer's status, as WorkOS does.
// Never:   reads a clock, a socket or a random device: the same requests give the same answers.
#pragma once

#include <string>

#include "tests/emulator/state.hpp"
#include "worker/core/http.hpp"

namespace rolecall::emulator {

struct ModelOptions {
  std::uint64_t random_seed = 1;
  std::string api_key{};  // empty: any key that begins with sk_test_
  bool multiple_roles = false;
  Millis event_delay{0};
  WallTime started_at{};  // when the default roles were made
};

constexpr std::size_t kBodyLimit = 1024 * 1024;

class WorkosModel {
 public:
  explicit WorkosModel(ModelOptions options);

  // One API call. The header authorization is checked: "Bearer <key>".
  HttpResponse handle(const HttpRequest& request, WallTime now);
  // The same change made by a person in the dashboard, who may do more than the API.
  HttpResponse edit(const HttpRequest& request, WallTime now);

  State& state() { return state_; }
  std::string make_request_id(WallTime now);

 private:
  HttpResponse run(const HttpRequest& request, WallTime now, bool dashboard);
  bool authorised(const HttpRequest& request) const;

  ModelOptions options_;
  State state_;
  IdSource request_ids_;
};

}  // namespace rolecall::emulator
