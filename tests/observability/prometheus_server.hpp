// prometheus_server.hpp -- a real Prometheus that scrapes workers each second.
// Owns:    the process, its configuration and its data.
// Thread:  one.
// Fails:   throws std::runtime_error with what Prometheus said.
// Never:   listens beyond loopback or on a port that somebody chose.
#pragma once

#include <string>
#include <vector>

#include "tests/observability/scratch_dir.hpp"
#include "tests/support/process.hpp"

namespace rolecall::testing {

class PrometheusServer {
 public:
  // `targets`: "127.0.0.1:port", scraped as the job rolecall; the rules of metrics/alerts.yml.
  explicit PrometheusServer(const std::vector<std::string>& targets);

  // The values that the expression has now, NaN left out.
  std::vector<double> values_of(const std::string& expression);
  // The names of all metrics that were scraped.
  std::vector<std::string> metric_names();

  struct Rule {
    std::string name{}, state{}, health{};  // firing, pending or inactive; ok, err or unknown
  };
  std::vector<Rule> rules();

 private:
  std::string get(const std::string& target);
  ScratchDir dir_{};
  Process process_;
  std::string address_;
};

}  // namespace rolecall::testing
