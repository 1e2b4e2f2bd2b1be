// adopt_organization.hpp -- one organization: linked, read in full, ruled by the policy, and, where
// that is wished, written in one transaction.
// Owns:    nothing.
// Thread:  the executor of its ports; blocks it while the database answers.
// Fails:   Result<T>: what stops all organizations; what stops this one is in its answer.
// Never:   decides (workflows/adopt_links.cpp, adopt_thing.cpp do), writes to WorkOS, holds a
//          transaction open during a call, or keeps more of an organization than a page.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "outbox/task.hpp"
#include "worker/app/adopt/adoption_store.hpp"
#include "worker/core/workflow.hpp"

namespace rolecall {

// Failure::code when the command is to end; nothing of the organization was written.
inline constexpr std::string_view kAdoptInterrupted = "interrupted";

struct AdoptPorts {
  AdoptionStore& store;
  const Workflows& workflows;
  // One GET within the budget.
  std::function<Task<Result<HttpResponse>>(HttpRequest)> ask;
  // How many things of the organization were compared so far.
  std::function<void(int)> progress = [](int) {};
};

struct AdoptWish {
  AdoptPolicy policy = AdoptPolicy::local;
  bool apply = false;
  std::int64_t run = 0;  // apply
};

// What is not simply in agreement.
struct AdoptFinding {
  std::string family{};  // user, role, permissions, member
  std::string name{};
  std::string end{};  // name_of(AdoptEnd), or name_of(LinkEnd)
  std::string why{};
  std::optional<std::string> here{};  // documents, for a user the users.id; none: absent
  std::optional<std::string> there{};
};

struct AdoptedOrganization {
  static constexpr std::size_t kMostFindings = 200;

  std::string id{};
  std::string workos{};                 // org_ id; empty: none was found
  std::string state{};                  // planned, done, left
  std::string link{};                   // name_of(LinkEnd)
  std::string detail{};                 // why it was left
  std::map<std::string, int> users{};   // by name_of(LinkEnd)
  std::map<std::string, int> things{};  // by name_of(AdoptEnd)
  std::vector<AdoptFinding> findings{};
  int findings_left_out = 0;
  int compared = 0;
  int calls = 0;
  int moved = 0;  // changed while it was read: left alone
  int held = 0;   // by the mass-revoke guard
};

Task<Result<AdoptedOrganization>> adopt_organization(const AdoptPorts& ports, AdoptWish wish,
                                                     AdoptOrganization organization);

// Does a person have to look, or would --apply change anything? `left` and conflicts do.
bool is_in_agreement(const AdoptedOrganization& one);
bool needs_a_person(const AdoptedOrganization& one);

}  // namespace rolecall
