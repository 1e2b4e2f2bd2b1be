// facts_json.hpp -- a subject's facts, and what the reducer made of them, as documents.
// Owns:    nothing.
// Thread:  any.
// Fails:   a document that is not as promised is a bug of ours: Failure bug.
// Never:   decides.
#pragma once

#include <boost/json/value.hpp>
#include <string>

#include "outbox/core/facts.hpp"

namespace rolecall {

Result<SubjectFacts> facts_of(const std::string& document);

// One element of what reduce_apply takes.
Result<boost::json::value> json_of(const Subject& subject, const Reduction& reduction);
// The reducer could not take this subject's facts: stored, shown in rolecall.attention.
boost::json::value json_of_failed(const Subject& subject, const Failure& failure);

}  // namespace rolecall
