// adoption_json.hpp -- what passes between an adoption and the database, as documents.
// Owns:    nothing.
// Thread:  any.
// Fails:   a document that is not as promised is a bug of ours: Failure bug; kAdoptionFenced.
// Never:   decides.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "outbox/pg/rows.hpp"
#include "worker/app/adopt/adoption_store.hpp"

namespace rolecall {

// `listed` and the answer's things are in one order; those that are not managed here are missing.
Result<std::vector<AdoptThing>> adopt_things_of(const Rows& rows, std::vector<ListedThing> listed);
Result<AdoptRest> adopt_rest_of(const Rows& rows);
Result<std::vector<UserMatch>> user_matches_of(const Rows& rows, std::vector<workos::User> listed);
Result<AdoptFinish> adopt_finish_of(const Rows& rows);

std::string adopt_document(const std::vector<workos::User>& listed);
Result<std::string> adopt_document(const std::vector<AdoptStaged>& things);
std::string adopt_document(const std::vector<EnvironmentRole>& roles);
std::string adopt_document(const std::map<std::string, std::string>& links);

}  // namespace rolecall
