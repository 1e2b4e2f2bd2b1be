// confirm.hpp -- is the newest version proved at WorkOS, and if not, when is the next read due?
// Owns:    nothing.
// Thread:  anywhere.
// Fails:   never.
// Never:   takes an answer for proof: with inbound off, one read after `visibility` is.
#pragma once

#include "workflows/level_rule.hpp"

namespace rolecall {

// Sets confirmed, verify_in and verify_reason. After apply_level_rule().
void confirm(const SubjectFacts& facts, Picture& picture, const Progress& progress,
             Reduction& reduction);

}  // namespace rolecall
