#include "worker/app/environment_sample.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "worker/app/paced_transport.hpp"
#include "worker/app/statement.hpp"
#include "worker/app/wiring.hpp"
#include "worker/net/asio_clock.hpp"
#include "workflows/workos/requests.hpp"
#include "workflows/workos/responses.hpp"

namespace rolecall {
namespace {

constexpr Millis kPatience{3'000};

}  // namespace

Result<std::vector<std::string>> read_linked_sample(Database& database) {
  const auto rows = database.run(statement("linked_sample"));
  if (!rows) return rows.error();
  std::vector<std::string> organizations;
  for (std::size_t i = 0; i < rows->size(); ++i)
    organizations.push_back(rows->text(i, "workos_organization_id"));
  return organizations;
}

Task<Result<EnvironmentSample>> sample_environment(Transport& transport,
                                                   std::vector<std::string> organizations,
                                                   Instant deadline) {
  EnvironmentSample sample;
  for (auto& organization : organizations) {
    const auto answer = co_await transport.send(workos::get_organization(organization), deadline);
    if (!answer) co_return answer.error();
    sample.asked.push_back(std::move(organization));
    const auto found = workos::organization_found(*answer);
    if (!found) co_return found.error();
    sample.found = *found;
    if (sample.found) co_return sample;
  }
  co_return sample;
}

std::optional<Failure> refusal_of(const EnvironmentSample& sample) {
  if (sample.found || sample.asked.empty()) return std::nullopt;
  return Failure{
      .kind = FailureClass::bad_input,
      .code = "other_environment",
      .detail = fmt::format(
          "the key seems to be another environment's: of the organizations linked here WorkOS "
          "knows none of those asked for ({}); use this environment's key, or, if they are gone, "
          "set ROLECALL_ACCEPT_ENVIRONMENT=true (--accept-environment)",
          fmt::join(sample.asked, ", "))};
}

std::optional<Failure> refuse_other_environment(
    const Config& config, Database& database, const std::function<void(const Failure&)>& unjudged) {
  if (config.accept_environment) return std::nullopt;
  auto organizations = read_linked_sample(database);
  if (!organizations) return organizations.error();
  boost::asio::io_context io;
  AsioClock clock(io.get_executor());
  const auto client = HttpClient::create(client_options(config), clock, io.get_executor());
  if (!client) return client.error();
  PacedTransport paced({**client, clock, &database, Millis{config.limits.call_deadline_ms}});
  std::optional<Result<EnvironmentSample>> sample;
  boost::asio::co_spawn(
      io, sample_environment(paced, std::move(*organizations), clock.now() + kPatience),
      [&](std::exception_ptr error, Result<EnvironmentSample> answered) {
        if (error) std::rethrow_exception(error);
        sample.emplace(std::move(answered));
      });
  io.run();
  if (sample && *sample) return refusal_of(**sample);
  if (sample) unjudged(sample->error());
  return std::nullopt;
}

}  // namespace rolecall
