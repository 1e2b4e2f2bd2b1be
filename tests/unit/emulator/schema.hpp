// schema.hpp -- does a value follow a JSON schema? As much of it as the WorkOS description uses.
// Owns:    nothing.
// Thread:  pure functions.
// Fails:   with one sentence for each violation; a keyword that it does not know is a violation.
// Never:   follows references; the description has none left.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

namespace rolecall::emulator {

std::vector<std::string> violations(const boost::json::value& schema,
                                    const boost::json::value& value, const std::string& place = "");

}  // namespace rolecall::emulator
