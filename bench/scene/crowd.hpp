// crowd.hpp -- many members of one organization, known to both sides and about to be said.
// Owns:    nothing; the stand has the database and the emulator.
// Thread:  one.
// Fails:   throws std::runtime_error with the reason.
// Never:   writes a row that the public functions would not write.
#pragma once

#include <functional>
#include <string>

#include "bench/scene/call_log.hpp"

namespace rolecall::bench {

class Crowd {
 public:
  // Makes them known on both sides; the provider is paused, so that nothing is said yet.
  Crowd(testing::Stand& stand, int members);

  // One row for each; returns when the workers have taken all in.
  void enqueue();
  // Everything that is due may leave from now on.
  void go();
  // Every tenth of them gets another role instead of the one it has: a newer row of its subject.
  void change_some(int tenth);

  int owed();      // subjects with something still to say
  int disputed();  // subjects that are not confirmed
  // Asks four times a second; throws when it does not hold within so many seconds.
  void wait_until(const std::function<bool()>& holds, int within_s, const std::string& what);

  // Members whose roles at WorkOS are not those of the local tables.
  int differences();
  // Memberships whose last applied write did not say what the local tables hold.
  int older_last(const CallLog& log);

 private:
  testing::Stand& stand_;
  int members_;
};

}  // namespace rolecall::bench
