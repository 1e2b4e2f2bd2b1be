// random.hpp -- the port for chance: jitter and nothing else.
// Owns:    nothing; an implementation owns its generator.
// Thread:  the engine's executor.
// Fails:   never.
// Never:   makes ids or secrets.
#pragma once

namespace rolecall {

class Random {
 public:
  virtual ~Random() = default;
  // Uniform in [0, 1).
  virtual double fraction() = 0;
};

}  // namespace rolecall
