// prometheus_observer.hpp -- what happened, as Prometheus metrics.
// Owns:    its registry.
// Thread:  any: the registry is thread-safe, what is counted here is not shared.
// Fails:   never.
// Never:   uses a subject, an organization or any other id as a label.
#pragma once

#include <memory>
#include <string>

#include "metrics/status_snapshot.hpp"
#include "outbox/core/trace.hpp"

namespace rolecall {

class PrometheusObserver final : public Observer {
 public:
  explicit PrometheusObserver(const std::string& version);
  ~PrometheusObserver() override;

  void on(const TraceEvent& event) override;
  void show(const StatusSnapshot& status);
  void show(const DatabaseSnapshot& database);
  void show(const ProcessSnapshot& process);

  // Text exposition format 0.0.4.
  std::string render() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace rolecall
