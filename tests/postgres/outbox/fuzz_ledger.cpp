#include "tests/postgres/outbox/fuzz_ledger.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rolecall::testing {

void Ledger::count(const std::string& what, std::int64_t n) {
  const std::lock_guard lock(mutex_);
  counts_[what] += n;
}

void Ledger::violation(const std::string& what) {
  const std::lock_guard lock(mutex_);
  violations_.push_back(what);
}

void Ledger::committed(const std::set<std::int64_t>& ids, bool for_sure) {
  const std::lock_guard lock(mutex_);
  (for_sure ? committed_ : perhaps_).insert(ids.begin(), ids.end());
}

void Ledger::sent(const std::string& subject, std::int64_t version, const std::string& content) {
  const std::lock_guard lock(mutex_);
  Sent& sent = sent_[subject];
  if (sent.newest > version)
    violations_.push_back(
        fmt::format("I3: {} sent version {} after {}", subject, version, sent.newest));
  sent.newest = std::max(sent.newest, version);
  const auto [there, is_new] = sent.contents.emplace(version, content);
  if (!is_new && there->second != content)
    violations_.push_back(fmt::format("I3: {} version {} has two contents", subject, version));
  ++counts_["sent"];
}

void Ledger::connected(const std::string& kind, std::int64_t pid) {
  const std::lock_guard lock(mutex_);
  pids_[pid] = kind;
}

void Ledger::disconnected(std::int64_t pid) {
  const std::lock_guard lock(mutex_);
  pids_.erase(pid);
}

std::vector<std::int64_t> Ledger::pids(const std::string& kind) {
  const std::lock_guard lock(mutex_);
  std::vector<std::int64_t> out;
  for (const auto& [pid, its_kind] : pids_)
    if (its_kind == kind) out.push_back(pid);
  return out;
}

void Ledger::stop_applications() {
  const std::lock_guard lock(mutex_);
  applications_ = false;
  changed_.notify_all();
}

void Ledger::stop_workers() {
  const std::lock_guard lock(mutex_);
  workers_ = false;
  changed_.notify_all();
}

bool Ledger::applications_go_on() {
  const std::lock_guard lock(mutex_);
  return applications_;
}

bool Ledger::workers_go_on() {
  const std::lock_guard lock(mutex_);
  return workers_;
}

void Ledger::pass(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  const bool before = applications_;
  changed_.wait_for(lock, time, [&] { return applications_ != before || !workers_; });
}

std::set<std::int64_t> Ledger::known_ids(bool for_sure) {
  const std::lock_guard lock(mutex_);
  return for_sure ? committed_ : perhaps_;
}

Ledger::Sent Ledger::sent_of(const std::string& subject) {
  const std::lock_guard lock(mutex_);
  return sent_[subject];
}

std::vector<std::string> Ledger::violations() {
  const std::lock_guard lock(mutex_);
  return violations_;
}

std::string Ledger::counts() {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& [what, n] : counts_) out += fmt::format("  {:<32} {}\n", what, n);
  return out;
}

}  // namespace rolecall::testing
