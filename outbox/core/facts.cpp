#include "outbox/core/facts.hpp"

namespace rolecall {

std::string_view name_of(SendState state) {
  switch (state) {
    case SendState::open:
      return "open";
    case SendState::answered:
      return "answered";
    case SendState::matched:
      return "matched";
  }
  return {};
}

std::optional<SendState> send_state_of(std::string_view name) {
  for (auto s : {SendState::open, SendState::answered, SendState::matched})
    if (name_of(s) == name) return s;
  return std::nullopt;
}

std::string_view name_of(LaneState state) {
  switch (state) {
    case LaneState::idle:
      return "idle";
    case LaneState::due:
      return "due";
    case LaneState::leased:
      return "leased";
    case LaneState::held:
      return "held";
    case LaneState::dead:
      return "dead";
  }
  return {};
}

std::optional<LaneState> lane_state_of(std::string_view name) {
  for (auto s :
       {LaneState::idle, LaneState::due, LaneState::leased, LaneState::held, LaneState::dead})
    if (name_of(s) == name) return s;
  return std::nullopt;
}

}  // namespace rolecall
