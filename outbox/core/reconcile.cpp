#include "outbox/core/reconcile.hpp"

namespace rolecall {

std::string_view name_of(DriftClass c) {
  switch (c) {
    case DriftClass::pending:
      return "pending";
    case DriftClass::stopped:
      return "stopped";
    case DriftClass::lost_write:
      return "lost_write";
    case DriftClass::late_write:
      return "late_write";
    case DriftClass::external_edit:
      return "external_edit";
    case DriftClass::missing_there:
      return "missing_there";
    case DriftClass::missing_here:
      return "missing_here";
    case DriftClass::directory_managed:
      return "directory_managed";
    case DriftClass::unresolved_role:
      return "unresolved_role";
    case DriftClass::pending_invitation:
      return "pending_invitation";
    case DriftClass::unsaid:
      return "unsaid";
  }
  return {};
}

std::optional<DriftClass> drift_class_of(std::string_view name) {
  for (const DriftClass c : kDriftClasses)
    if (name_of(c) == name) return c;
  return std::nullopt;
}

std::string_view name_of(RepairStep step) {
  switch (step) {
    case RepairStep::none:
      return "none";
    case RepairStep::observe:
      return "observe";
    case RepairStep::say_again:
      return "say_again";
    case RepairStep::enter:
      return "enter";
    case RepairStep::say:
      return "say";
  }
  return {};
}

}  // namespace rolecall
