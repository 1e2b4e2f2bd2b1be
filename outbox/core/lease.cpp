#include "outbox/core/lease.hpp"

#include <array>
#include <utility>

namespace rolecall {
namespace {

template <class E, std::size_t N>
using Names = std::array<std::pair<E, std::string_view>, N>;

constexpr Names<Operation, 3> kOperations{
    {{Operation::put, "put"}, {Operation::create, "create"}, {Operation::remove, "delete"}}};
constexpr Names<Outcome, 6> kOutcomes{{{Outcome::delivered, "delivered"},
                                       {Outcome::partial, "partial"},
                                       {Outcome::retry, "retry"},
                                       {Outcome::look, "look"},
                                       {Outcome::held, "held"},
                                       {Outcome::dead, "dead"}}};
constexpr Names<SendFate, 3> kFates{
    {{SendFate::unsent, "unsent"}, {SendFate::answered, "answered"}, {SendFate::open, "open"}}};
constexpr Names<SettleResult, 3> kResults{
    {{SettleResult::ok, "ok"}, {SettleResult::busy, "busy"}, {SettleResult::stale, "stale"}}};

template <class E, std::size_t N>
std::string_view find_name(const Names<E, N>& names, E value) {
  for (const auto& [v, n] : names)
    if (v == value) return n;
  return {};
}

template <class E, std::size_t N>
std::optional<E> find_value(const Names<E, N>& names, std::string_view name) {
  for (const auto& [v, n] : names)
    if (n == name) return v;
  return std::nullopt;
}

}  // namespace

std::string_view name_of(Operation operation) {
  return find_name(kOperations, operation);
}
std::optional<Operation> operation_of(std::string_view n) {
  return find_value(kOperations, n);
}
std::string_view name_of(Outcome outcome) {
  return find_name(kOutcomes, outcome);
}
std::optional<Outcome> outcome_of(std::string_view n) {
  return find_value(kOutcomes, n);
}
std::string_view name_of(SendFate fate) {
  return find_name(kFates, fate);
}
std::optional<SendFate> send_fate_of(std::string_view n) {
  return find_value(kFates, n);
}
std::optional<SettleResult> settle_result_of(std::string_view n) {
  return find_value(kResults, n);
}

}  // namespace rolecall
