// system_random.hpp -- chance for jitter, seeded once by the operating system.
// Owns:    its generator.
// Thread:  one thread at a time.
// Fails:   never.
// Never:   makes ids or secrets: the generator is quick, not unguessable.
#pragma once

#include <random>

#include "worker/random.hpp"

namespace rolecall {

class SystemRandom final : public Random {
 public:
  SystemRandom();
  double fraction() override;

 private:
  std::mt19937_64 generator_;
};

}  // namespace rolecall
