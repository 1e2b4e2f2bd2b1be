#include "outbox/core/failure.hpp"

#include <array>
#include <stdexcept>
#include <utility>

namespace rolecall {
namespace {

constexpr std::array<std::pair<FailureClass, std::string_view>, 12> kNames{{
    {FailureClass::transient, "transient"},
    {FailureClass::throttled, "throttled"},
    {FailureClass::in_doubt, "in_doubt"},
    {FailureClass::missing_dependency, "missing_dependency"},
    {FailureClass::look_first, "look_first"},
    {FailureClass::rejected, "rejected"},
    {FailureClass::unauthorised, "unauthorised"},
    {FailureClass::forbidden, "forbidden"},
    {FailureClass::lease_lost, "lease_lost"},
    {FailureClass::unavailable, "unavailable"},
    {FailureClass::bad_input, "bad_input"},
    {FailureClass::bug, "bug"},
}};

}  // namespace

std::string_view name_of(FailureClass c) {
  for (const auto& [value, name] : kNames)
    if (value == c) return name;
  return "bug";
}

std::optional<FailureClass> failure_class_of(std::string_view name) {
  for (const auto& [value, text] : kNames)
    if (text == name) return value;
  return std::nullopt;
}

void throw_exception_from_error(const Failure& failure, const boost::source_location& where) {
  throw std::logic_error(where.to_string() + ": a failed Result was used as a value: " +
                         failure.code + ": " + failure.detail);
}

}  // namespace rolecall
