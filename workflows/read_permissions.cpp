#include "workflows/read_permissions.hpp"

#include "workflows/read_role.hpp"
#include "workflows/shown.hpp"

namespace rolecall {

std::unique_ptr<ReadWorkflow> make_read_permissions(const ObjectName& role) {
  return make_role_reader(role, permissions_shown);
}

}  // namespace rolecall
