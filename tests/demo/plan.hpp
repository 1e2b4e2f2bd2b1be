// plan.hpp -- what the demonstration does, as numbers.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace rolecall::demo {

struct Plan {
  std::string cluster_url{};
  std::string programs{};
  std::string log_dir{};
  int organizations = 20;
  int roles_each = 5;
  int members = 2000;
  int mutations = 10'000;
  int clients = 6;
  int workers = 2;
  int kills = 3;
  int outage_seconds = 10;
  std::chrono::seconds traffic{45};  // the mutations are spread over about this long
  std::chrono::seconds most{110};    // longer than this and it has failed
  std::uint64_t seed = 1;
};

}  // namespace rolecall::demo
