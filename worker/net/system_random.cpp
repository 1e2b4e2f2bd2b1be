#include "worker/net/system_random.hpp"

namespace rolecall {

SystemRandom::SystemRandom() {
  std::random_device device;
  std::seed_seq seed{device(), device(), device(), device()};
  generator_.seed(seed);
}

double SystemRandom::fraction() {
  // 53 bits: every double in [0, 1) that has that precision, and never 1 itself.
  return static_cast<double>(generator_() >> 11) * 0x1.0p-53;
}

}  // namespace rolecall
