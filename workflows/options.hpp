// options.hpp -- the settings that workflows depend on.
// Owns:    its text.
// Thread:  values; share freely.
// Fails:   never.
// Never:   reads the environment; the composition root fills it.
#pragma once

#include <string>

#include "outbox/core/time.hpp"

namespace rolecall {

struct WorkflowOptions {
  Millis visibility{30'000};  // after this a read surely shows a write
  Millis missing_dependency_wait{5'000};
  std::string default_role_slug = "member";  // what a member has at least
  // Listing a role's holders ends after so many of either, or with the lease; the rest is found by
  // a later attempt. A page has 100 members: the first bound is for a list that has no end.
  int holder_pages = 10'000;
  std::size_t holders_at_once = 200;
};

}  // namespace rolecall
