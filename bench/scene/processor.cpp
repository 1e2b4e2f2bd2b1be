#include "bench/scene/processor.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace rolecall::bench {
namespace {

// The fields of /proc/<pid>/stat behind the program's name: 1 is the parent, 11 to 14 the times of
// the process and of the children that it waited for.
std::array<double, 15> fields_of(pid_t process) {
  std::array<double, 15> fields{};
  std::ifstream file(fmt::format("/proc/{}/stat", process));
  std::stringstream text;
  text << file.rdbuf();
  const auto name_end = text.str().rfind(')');
  if (name_end == std::string::npos) return fields;
  std::istringstream rest(text.str().substr(name_end + 4));
  for (std::size_t i = 1; i < fields.size(); ++i) rest >> fields.at(i);
  return fields;
}

double seconds(double ticks) {
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

double processor_s(pid_t process) {
  const auto fields = fields_of(process);
  return seconds(fields[11] + fields[12]);
}

double server_processor_s(testing::TestDatabase& database) {
  const auto backend = static_cast<pid_t>(std::stoi(database.value("select pg_backend_pid()")));
  const double server = fields_of(backend)[1];
  const auto own = fields_of(static_cast<pid_t>(server));
  double sum = own[11] + own[12] + own[13] + own[14];
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto fields = fields_of(static_cast<pid_t>(std::stoi(name)));
    if (fields[1] == server) sum += fields[11] + fields[12];
  }
  return seconds(sum);
}

}  // namespace rolecall::bench
