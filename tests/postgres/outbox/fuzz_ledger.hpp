// fuzz_ledger.hpp -- what the fuzz's actors know of each other: what was committed, what was sent,
// what went wrong.
// Owns:    the counts and the violations.
// Thread:  any; everything is behind one lock.
// Fails:   never.
// Never:   asks the database; it is what the database is compared with.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace rolecall::testing {

class Ledger {
 public:
  void count(const std::string& what, std::int64_t n = 1);
  void violation(const std::string& what);

  // Outbox ids of transactions that committed, and of those whose commit was not answered.
  void committed(const std::set<std::int64_t>& ids, bool for_sure);
  // A worker sends this content of this version now. Notes a violation if something newer was sent
  // before.
  void sent(const std::string& subject, std::int64_t version, const std::string& content);

  // Server processes that the killer may end.
  void connected(const std::string& kind, std::int64_t pid);
  void disconnected(std::int64_t pid);
  std::vector<std::int64_t> pids(const std::string& kind);

  void stop_applications();
  void stop_workers();
  bool applications_go_on();
  bool workers_go_on();
  bool calm() { return !applications_go_on(); }
  // Lets time pass, as load does; ends early when the applications stop.
  void pass(std::chrono::milliseconds time);

  struct Sent {
    std::int64_t newest = 0;
    std::map<std::int64_t, std::string> contents{};
  };
  std::set<std::int64_t> known_ids(bool for_sure);
  Sent sent_of(const std::string& subject);
  std::vector<std::string> violations();
  std::string counts();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool applications_ = true;
  bool workers_ = true;
  std::map<std::string, std::int64_t> counts_;
  std::vector<std::string> violations_;
  std::set<std::int64_t> committed_;
  std::set<std::int64_t> perhaps_;
  std::map<std::string, Sent> sent_;
  std::map<std::int64_t, std::string> pids_;
};

// One actor's own randomness.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(engine_); }
  bool one_in(int n) { return below(n) == 0; }
  bool percent(int p) { return below(100) < p; }
  std::chrono::milliseconds upto(int ms) { return std::chrono::milliseconds(below(ms)); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace rolecall::testing
