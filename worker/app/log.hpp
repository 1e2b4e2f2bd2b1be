// log.hpp -- what happened, as lines on standard error: text for people or JSON for machines.
// Owns:    its logger.
// Thread:  any.
// Fails:   never; a line that cannot be written is lost.
// Never:   shows a secret, or of a person more than an id.
#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "outbox/core/trace.hpp"
#include "worker/app/config.hpp"

namespace rolecall {

struct LogField {
  std::string_view name;
  std::string value;
  bool is_number = false;
};

class Log final : public Observer {
 public:
  Log(std::ostream& to, LogFormat format, LogLevel least);
  ~Log() override;

  void on(const TraceEvent& event) override;
  // `what` is one stable word or two; what varies stands in the fields.
  void say(LogLevel level, std::string_view what, const std::vector<LogField>& fields = {});

 private:
  struct Lines;
  std::unique_ptr<Lines> lines_;
};

}  // namespace rolecall
