#include "tests/observability/alert_rules.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <stdexcept>

namespace rolecall::testing {
namespace {

const std::string kAlert = "      - alert: ";
const std::string kExpression = "\n        expr: |\n";
const std::string kAfter = "\n        ";  // the next key: less indented than the expression

// Where the expression of the rule that begins at `rule` stands.
std::pair<std::size_t, std::size_t> expression_at(const std::string& text, std::size_t rule) {
  const auto next = std::min(text.find(kAlert, rule + 1), text.size());
  const auto key = text.find(kExpression, rule);
  if (key >= next) throw std::runtime_error("a rule has no \"expr: |\": " + text.substr(rule, 80));
  const auto begin = key + kExpression.size();
  auto end = begin;
  do end = text.find(kAfter, end + 1);
  while (end < next && text[end + kAfter.size()] == ' ');
  if (end >= next) throw std::runtime_error("a rule ends with \"expr\": " + text.substr(rule, 80));
  return {begin, end};
}

std::string rest_of_line(const std::string& text, std::size_t begin) {
  return text.substr(begin, text.find('\n', begin) - begin);
}

}  // namespace

std::vector<AlertRule> alert_rules(const std::string& text) {
  const std::string url = "runbook_url: ";
  std::vector<AlertRule> rules;
  for (auto at = text.find(kAlert); at != std::string::npos; at = text.find(kAlert, at + 1)) {
    const auto [begin, end] = expression_at(text, at);
    AlertRule rule{.name = rest_of_line(text, at + kAlert.size()),
                   .expression = text.substr(begin, end - begin)};
    const auto link = text.find(url, end);
    if (link < std::min(text.find(kAlert, end), text.size()))
      rule.runbook_url = rest_of_line(text, link + url.size());
    rules.push_back(std::move(rule));
  }
  return rules;
}

std::string with_expression(const std::string& text, const std::string& name,
                            const std::string& expression) {
  const auto rule = text.find(kAlert + name + "\n");
  if (rule == std::string::npos) throw std::runtime_error("there is no alert " + name);
  const auto [begin, end] = expression_at(text, rule);
  return text.substr(0, begin) + "          " + expression + text.substr(end);
}

std::string cases_of(const std::string& cases, const std::string& alert) {
  const std::string begin = "\n  - name: ";
  auto at = cases.find(begin);
  if (at == std::string::npos) throw std::runtime_error("these are no cases of alerts");
  std::string kept = cases.substr(0, at);
  while (at < cases.size()) {
    const auto next = std::min(cases.find(begin, at + 1), cases.size());
    if (cases.compare(at + begin.size(), alert.size() + 1, alert + " ") == 0)
      kept += cases.substr(at, next - at);
    at = next;
  }
  return kept + "\n";
}

std::vector<std::string> anchors_in(const std::string& markdown) {
  std::vector<std::string> anchors;
  std::istringstream in(markdown);
  for (std::string line; std::getline(in, line);) {
    const auto text = line.find_first_not_of('#');
    if (text == 0 || text == std::string::npos || line[text] != ' ') continue;
    std::string anchor;
    for (const char c : line.substr(text + 1)) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == ' ') anchor += '-';
      if (std::isalnum(byte) != 0 || c == '-' || c == '_')
        anchor += static_cast<char>(std::tolower(byte));
    }
    anchors.push_back(anchor);
  }
  return anchors;
}

}  // namespace rolecall::testing
