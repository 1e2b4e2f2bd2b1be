// statement.hpp -- the statements of worker/app/sql by their file's name.
// Owns:    nothing; the texts are constant.
// Thread:  any.
// Fails:   a name without a file ends the process: a defect, and loud.
// Never:   builds a statement from parts.
#pragma once

#include <string>
#include <string_view>

namespace rolecall {

std::string statement(std::string_view name);

}  // namespace rolecall
