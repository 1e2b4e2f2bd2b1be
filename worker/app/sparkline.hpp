// sparkline.hpp -- numbers over time as one line of text.
// Owns:    its text.
// Thread:  pure.
// Fails:   never.
// Never:   scales away a value: what is more than nothing is drawn higher than nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace rolecall {

// The newest `columns` values, each as high as its part of the greatest; one that is not known is a
// blank. Without `unicode`, of ASCII.
std::string sparkline(const std::vector<std::optional<double>>& values, std::size_t columns,
                      bool unicode);

}  // namespace rolecall
