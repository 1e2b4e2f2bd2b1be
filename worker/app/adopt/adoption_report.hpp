// adoption_report.hpp -- what an adoption found and did, organization by organization, for people
// and for programs.
// Owns:    its sums; what was said of an organization is gone when it was printed.
// Thread:  one.
// Fails:   never.
// Never:   asks anybody.
#pragma once

#include <iosfwd>
#include <map>
#include <string>

#include "worker/app/adopt/adopt_organization.hpp"

namespace rolecall {

struct AdoptionSums {
  int organizations = 0;
  std::map<std::string, int> states{};
  std::map<std::string, int> users{};
  std::map<std::string, int> things{};
  int compared = 0;
  int calls = 0;
  int moved = 0;
  int held = 0;
  bool agrees = true;  // nothing is left to adopt
  bool needs_person = false;
};

class AdoptionReport {
 public:
  enum class Form { screen, json };
  AdoptionReport(std::ostream& out, Form form, AdoptWish wish)
      : out_(out), form_(form), wish_(wish) {}

  void begin();
  void add(const AdoptedOrganization& one);
  // done_before: organizations that the run had done already. JSON is one document:
  // {"policy","applied","run","organizations":[{"organization","workos","state","link","detail",
  //  "users":{},"things":{},"findings":[],"findings_left_out","compared","calls","moved","held"}],
  //  "done_before","interrupted","states":{},"users":{},"things":{},"compared","calls","moved",
  //  "held"}
  void end(std::int64_t done_before, bool interrupted);
  const AdoptionSums& sums() const { return sums_; }

 private:
  void end_screen(std::int64_t done_before, bool interrupted);

  std::ostream& out_;
  Form form_;
  AdoptWish wish_;
  AdoptionSums sums_{};
};

}  // namespace rolecall
