// alert_rules.hpp -- the rules of metrics/alerts.yml, as the file lays them out.
// Owns:    its text.
// Thread:  any.
// Fails:   throws std::runtime_error where a rule is not laid out as the others are.
// Never:   understands YAML in general: promtool does; this finds the parts that tests exchange.
#pragma once

#include <string>
#include <vector>

namespace rolecall::testing {

struct AlertRule {
  std::string name{}, expression{}, runbook_url{};
};

std::vector<AlertRule> alert_rules(const std::string& text);

// The file with another expression for the rule of that name.
std::string with_expression(const std::string& text, const std::string& name,
                            const std::string& expression);

// The file of cases without those of other alerts.
std::string cases_of(const std::string& cases, const std::string& alert);

// The anchors that GitHub makes of a document's headings.
std::vector<std::string> anchors_in(const std::string& markdown);

}  // namespace rolecall::testing
