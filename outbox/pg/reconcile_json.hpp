// reconcile_json.hpp -- what passes between a comparison of both sides and the database, as
// documents.
// Owns:    nothing.
// Thread:  any.
// Fails:   a document that is not as promised is a bug of ours: Failure bug; kFenced,
//          kNoOrganization.
// Never:   decides.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "outbox/pg/rows.hpp"
#include "outbox/reconcile_store.hpp"

namespace rolecall {

Result<ReconcilePass> pass_of(const Result<Rows>& rows);
Result<ComparedPage> compared_of(const Result<Rows>& rows);
// The text at `key` of an answer that may be fenced.
Result<std::string> unfenced_text_of(const Result<Rows>& rows, std::string_view key);
using Outcomes = std::vector<std::pair<std::string, std::string>>;
Result<Outcomes> outcomes_of(const Result<Rows>& rows);
Result<ReconcileTurn> turn_of(const Result<Rows>& rows);
Failure fenced();

Result<std::string> document_of(const std::vector<ListedThing>& listed);
Result<std::string> document_of(const std::vector<Finding>& findings);
Result<std::string> document_of(const std::vector<FoundAndRepair>& repairs);
std::string document_of(const PassReport& report);

}  // namespace rolecall
