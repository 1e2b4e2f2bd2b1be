// lease_json.hpp -- leases, settlements, verifications and reads as the database's documents.
// Owns:    nothing.
// Thread:  any.
// Fails:   a document that is not as promised is a bug of ours: Failure bug.
// Never:   reads more than its own document.
#pragma once

#include <string>
#include <vector>

#include "outbox/core/exchange.hpp"
#include "outbox/pg/json_reader.hpp"

namespace rolecall {

Observation observation_of(JsonElement shown);

// The answer of a statement that walks on where the last call ended, and where it ended itself.
template <class T>
struct Walked {
  T answer;
  std::vector<std::string> to;
};

// The number at `key`.
Result<Walked<int>> walked_number_of(const std::string& document, std::string_view key);
Result<Walked<LeaseBatch>> lease_batch_of(const std::string& document);
Result<Verification> verification_of(const std::string& document);
Result<RescueReport> rescue_report_of(const std::string& document);
Result<NextDue> next_due_of(const std::string& document);

Result<std::string> document_of(const std::vector<Settlement>& settlements);
Result<std::string> document_of(const RecordedRead& read);

}  // namespace rolecall
