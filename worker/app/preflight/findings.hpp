// findings.hpp -- what preflight answers: findings, for people and for programs. Pure.
// Owns:    its text.
// Thread:  values and pure functions.
// Fails:   never.
// Never:   shows a control character of what the database or WorkOS said.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "worker/app/palette.hpp"

namespace rolecall::preflight {

enum class Verdict { ok, warning, error };
std::string_view name_of(Verdict verdict);

struct Finding {
  std::string name{};  // stable: programs look for it
  Verdict verdict = Verdict::ok;
  std::string detail{};
  std::string to_do{};       // empty: nothing
  bool unreachable = false;  // of the database or WorkOS
};

struct Report {
  std::vector<Finding> findings{};
  std::vector<std::string> not_looked_at{};  // what could not be: something before it failed

  Verdict verdict() const;  // the worst
  int exit_code() const;    // 3: something is unreachable; 1: an error; else 0
};

// {"verdict":"ok","findings":[{"name","verdict","detail","to_do"}],"not_looked_at":[]}
std::string json_of(const Report& report);
std::string table_of(const Report& report, const Palette& palette = {});

}  // namespace rolecall::preflight
