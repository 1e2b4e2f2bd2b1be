// list_organization.hpp -- all that WorkOS shows of an organization: its roles, then its
// memberships of all statuses.
// Owns:    its own state; one machine per listing.
// Thread:  used by one coroutine.
// Fails:   Result<T>: what WorkOS said; in_doubt / garbage_answer for a list that does not end.
// Never:   takes a page for whole that is not: an object that cannot be read fails it.
#pragma once

#include <memory>

#include "worker/core/workflow.hpp"

namespace rolecall {

// One call for the roles (environment roles stand among them), one for each 100 memberships. Where
// the membership that a page was to begin after is gone meanwhile, one more; resume() then answers
// an empty page.
std::unique_ptr<ListWorkflow> make_list_organization(const std::string& organization);

}  // namespace rolecall
