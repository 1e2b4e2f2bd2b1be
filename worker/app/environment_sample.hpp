// environment_sample.hpp -- whose environment a key belongs to: a few linked organizations are
// looked for with it.
// Owns:    nothing.
// Thread:  sample_environment() on the transport's executor; refuse_other_environment() blocks.
// Fails:   Result<T>: WorkOS said neither that one is there nor that none is.
// Never:   writes, or asks more often than there are organizations in the sample.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "outbox/pg/query.hpp"
#include "outbox/task.hpp"
#include "worker/app/config.hpp"
#include "worker/transport.hpp"

namespace rolecall {

struct EnvironmentSample {
  std::vector<std::string> asked{};  // org_ ids, until one was found; empty: nothing is linked
  bool found = false;
};

Result<std::vector<std::string>> read_linked_sample(Database& database);

Task<Result<EnvironmentSample>> sample_environment(Transport& transport,
                                                   std::vector<std::string> organizations,
                                                   Instant deadline);

// None of the sample is there: what a key of another environment looks like. None: nothing speaks
// against this one.
std::optional<Failure> refusal_of(const EnvironmentSample& sample);

// For `run`, before anything is sent: asks WorkOS, waiting for its answers no longer than 3 s. An
// answer that says nothing, or none, refuses nothing: `unjudged` is told. Errors of the database
// are failures.
std::optional<Failure> refuse_other_environment(
    const Config& config, Database& database, const std::function<void(const Failure&)>& unjudged);

}  // namespace rolecall
