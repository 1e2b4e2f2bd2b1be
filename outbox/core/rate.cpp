#include "outbox/core/rate.hpp"

namespace rolecall {

std::string_view name_of(RateClass rate_class) {
  switch (rate_class) {
    case RateClass::general:
      return "general";
    case RateClass::um_read:
      return "um_read";
    case RateClass::um_write:
      return "um_write";
    case RateClass::organization_delete:
      return "organization_delete";
  }
  return "general";
}

}  // namespace rolecall
