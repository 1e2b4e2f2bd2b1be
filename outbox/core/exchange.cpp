#include "outbox/core/exchange.hpp"

namespace rolecall {

std::string_view name_of(ProviderMode mode) {
  switch (mode) {
    case ProviderMode::up:
      return "up";
    case ProviderMode::probing:
      return "probing";
    case ProviderMode::open:
      return "open";
    case ProviderMode::unauthorised:
      return "unauthorised";
    case ProviderMode::paused:
      return "paused";
  }
  return {};
}

std::optional<ProviderMode> provider_mode_of(std::string_view name) {
  for (auto m : {ProviderMode::up, ProviderMode::probing, ProviderMode::open,
                 ProviderMode::unauthorised, ProviderMode::paused})
    if (name_of(m) == name) return m;
  return std::nullopt;
}

}  // namespace rolecall
