// session_state.hpp -- the one reason why a test does not run: a pooler that keeps no session.
// Owns:    nothing.
// Thread:  the test's.
// Fails:   never.
// Never:   skips in a run without a pooler.
#pragma once

#include <gtest/gtest.h>

#include "tests/support/postgres.hpp"

// First in a test or SetUp: `why` names the session state that it is about.
#define NEEDS_SESSION_STATE(why) \
  if (::rolecall::testing::through_pooler()) GTEST_SKIP() << "session state: " << (why)
