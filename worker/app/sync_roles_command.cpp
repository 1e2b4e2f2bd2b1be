#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <ostream>

#include "worker/app/commands.hpp"
#include "worker/app/environment_roles.hpp"
#include "worker/app/exit_code.hpp"
#include "worker/app/wiring.hpp"
#include "worker/net/asio_clock.hpp"

namespace rolecall {

int sync_roles_command(const Config& config, const Console& console) {
  namespace asio = boost::asio;
  auto database = open_database(config);
  if (!database) return complain(console, database.error());
  asio::io_context io;
  const AsioClock clock(io.get_executor());
  const auto client = HttpClient::create(client_options(config), clock, io.get_executor());
  if (!client) return complain(console, client.error());
  std::optional<Result<std::vector<EnvironmentRole>>> fetched;
  const auto deadline = clock.now() + Millis{config.limits.call_deadline_ms};
  asio::co_spawn(io, fetch_environment_roles(**client, deadline),
                 [&](std::exception_ptr error, Result<std::vector<EnvironmentRole>> roles) {
                   if (error) std::rethrow_exception(error);
                   fetched.emplace(std::move(roles));
                 });
  io.run();
  if (!fetched || !*fetched) return complain(console, fetched ? fetched->error() : Failure{});
  const auto& roles = **fetched;
  if (const auto stored = store_environment_roles(*database, roles); !stored)
    return complain(console, stored.error());
  console.out << fmt::format("{} environment {}:", roles.size(),
                             roles.size() == 1 ? "role" : "roles");
  for (const auto& role : roles) console.out << ' ' << role.slug;
  console.out << '\n';
  return exit_code::done;
}

}  // namespace rolecall
