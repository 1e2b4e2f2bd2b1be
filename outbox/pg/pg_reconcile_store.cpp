#include "outbox/pg/pg_reconcile_store.hpp"

#include <utility>

#include "outbox/pg/hop.hpp"
#include "outbox/pg/json_writer.hpp"
#include "outbox/pg/reconcile_json.hpp"
#include "outbox/pg/store_answers.hpp"

namespace rolecall {
namespace {

constexpr int kRestPage = 25;  // each of them is told in full

class PgReconcileStore final : public ReconcileStore {
 public:
  explicit PgReconcileStore(PgStoreOptions options)
      : options_(std::move(options)),
        string_(ConnectionString::parse(options_.database_url,
                                        {.statement_timeout = options_.statement_timeout,
                                         .through_pooler = options_.poll_only})),
        thread_(1, {}) {}

  Task<Result<std::vector<OrganizationId>>> organizations() override {
    const auto rows = co_await run("reconcile_organizations", {});
    if (rows.has_error()) co_return rows.error();
    std::vector<OrganizationId> out;
    for (std::size_t i = 0; i < rows->size(); ++i) out.emplace_back(rows->text(i, "organization"));
    co_return out;
  }

  Task<Result<ReconcilePass>> begin(OrganizationId organization, std::string who) override {
    co_return pass_of(co_await run("begin_reconcile", {organization.text(), std::move(who)}));
  }

  Task<Result<ComparedPage>> compare(ReconcilePass pass, std::vector<ListedThing> listed) override {
    auto document = document_of(listed);
    if (document.has_error()) co_return document.error();
    co_return compared_of(co_await run(
        "reconcile_page", {pass.organization.text(), number(pass), std::move(*document)}));
  }

  Task<Result<ComparedPage>> rest(ReconcilePass pass, std::string begun_at,
                                  std::string after) override {
    co_return compared_of(co_await run(
        "reconcile_rest",
        {pass.organization.text(), number(pass), begun_at, after, std::to_string(kRestPage)}));
  }

  Task<Result<std::string>> note_again(ReconcilePass pass,
                                       std::vector<std::string> subjects) override {
    co_return unfenced_text_of(co_await run("note_again", {pass.organization.text(), number(pass),
                                                           array_literal(subjects)}),
                               "now");
  }

  Task<Result<bool>> stream_reached(std::string ended_at) override {
    const auto rows = co_await run("stream_reached", {std::move(ended_at)});
    if (rows.has_error()) co_return rows.error();
    co_return rows->flag(0, "answer");
  }

  Task<Result<void>> keep(ReconcilePass pass, std::vector<Finding> findings) override {
    auto document = document_of(findings);
    if (document.has_error()) co_return document.error();
    co_return done(co_await run("keep_findings",
                                {pass.organization.text(), number(pass), std::move(*document)}));
  }

  Task<Result<std::vector<std::pair<std::string, std::string>>>> apply(
      ReconcilePass pass, std::vector<FoundAndRepair> repairs) override {
    auto document = document_of(repairs);
    if (document.has_error()) co_return document.error();
    co_return outcomes_of(co_await run(
        "apply_findings", {pass.organization.text(), number(pass), std::move(*document)}));
  }

  Task<Result<void>> end(ReconcilePass pass, PassReport report) override {
    co_return done(co_await run("end_reconcile",
                                {pass.organization.text(), number(pass), document_of(report)}));
  }

  Task<Result<ReconcileTurn>> take(WorkerId worker) override {
    co_return turn_of(co_await run("take_reconcile", {std::to_string(worker.number())}));
  }

  Task<Result<void>> release(WorkerId worker, std::string result) override {
    const auto rows = co_await run("end_reconcile_turn",
                                   {std::to_string(worker.number()), fit_for_database(result)});
    if (rows.has_error()) co_return rows.error();
    co_return Result<void>{};
  }

  Task<Result<TokenBlock>> take_tokens(RateClass rate_class, int want) override {
    const auto rows =
        co_await run("take_tokens", {std::string(name_of(rate_class)), std::to_string(want)});
    if (rows.has_error()) co_return rows.error();
    co_return token_block_of(*rows);
  }

 private:
  static std::string number(const ReconcilePass& pass) { return std::to_string(pass.number); }

  static Result<void> done(const Result<Rows>& rows) {
    if (rows.has_error()) return rows.error();
    if (!rows->flag(0, "answer")) return fenced();
    return {};
  }

  Task<Result<Rows>> run(std::string statement, Params params) {
    if (string_.has_error()) co_return string_.error();
    Work<Rows> hop = [this, statement = std::move(statement),
                      params = std::move(params)](Slot& slot) -> Result<Rows> {
      auto connection = slot.ensure(*string_, !options_.poll_only);
      if (connection.has_error()) return connection.error();
      return (*connection)->run(statement, Effect::changes, params);
    };
    co_return co_await on_connection<Rows>(thread_, std::move(hop));
  }

  PgStoreOptions options_;
  Result<ConnectionString> string_;
  ConnectionThreads thread_;
};

}  // namespace

std::unique_ptr<ReconcileStore> make_pg_reconcile_store(PgStoreOptions options) {
  return std::make_unique<PgReconcileStore>(std::move(options));
}

}  // namespace rolecall
