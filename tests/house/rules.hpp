// rules.hpp -- the house rules: each looks at one file and names what is wrong.
// Owns:    nothing.
// Thread:  any.
// Fails:   never; a violation is an answer.
// Never:   reads the disk; the test does.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace rolecall::house {

struct SourceFile {
  std::string path;  // from the project's root, with '/'
  std::string text;
};

struct Violation {
  std::string path;
  std::size_t line = 0;
  std::string what;  // names the replacement where there is one
};

struct Rule {
  std::string name;
  std::function<std::vector<Violation>(const SourceFile&)> check;
  SourceFile canary;  // must be found guilty
};

// Every rule that looks at one file by itself.
const std::vector<Rule>& rules();

// Rules about the tree as a whole: headers that nobody includes, statements that nobody names.
std::vector<Violation> dead_files(const std::vector<SourceFile>& files);

// Documents name tests as `Suite.Name`: each exists. Every row of docs/hazards.md and of
// docs/guarantees.md names one.
std::vector<Violation> missing_tests(const std::vector<SourceFile>& files);

}  // namespace rolecall::house
