#include "outbox/pg/reduce_transaction.hpp"

#include <boost/json.hpp>
#include <utility>

#include "outbox/pg/facts_json.hpp"
#include "outbox/pg/json_writer.hpp"

namespace rolecall {
namespace {

namespace json = boost::json;

// One subject's way through: the document to apply, and what the caller is told.
struct Step {
  json::value document;
  Reduced told;
};

Step failed(const Subject& subject, const Failure& failure) {
  return {json_of_failed(subject, failure),
          Reduced{.subject = subject,
                  .audit = {{"reduce_failed", failure.code + ": " + failure.detail}}}};
}

// A document that names no subject cannot be answered for; the whole transaction fails.
Result<Step> step_of(const std::string& document, const Reducer& reducer) {
  auto facts = facts_of(document);
  if (facts.has_error()) return facts.error();
  auto reduction = reducer(*facts);
  if (reduction.has_error()) return failed(facts->subject, reduction.error());
  auto written = json_of(facts->subject, *reduction);
  if (written.has_error()) return failed(facts->subject, written.error());
  std::vector<std::pair<std::string, std::string>> events;
  for (const EventFact& event : facts->events)
    if (const auto applied = reduction->applied.find(event.id); applied != reduction->applied.end())
      events.emplace_back(event.type, applied->second);
  return Step{std::move(*written),
              Reduced{.subject = facts->subject,
                      .audit = reduction->audit,
                      .events = std::move(events),
                      .confirmed = reduction->confirmed,
                      .effective_after = reduction->effective_after,
                      .next_row = reduction->next.has_value() || reduction->adopted_desired}};
}

Result<void> apply(Connection& connection, json::array documents) {
  auto applied = connection.run("reduce_apply", Effect::changes,
                                {document_of(json::value(std::move(documents)))});
  if (applied.has_error()) return applied.error();
  return {};
}

Result<void> apply_together(Connection& connection, const std::vector<Step>& steps) {
  json::array all;
  for (const auto& step : steps) all.push_back(step.document);
  return apply(connection, std::move(all));
}

// It lies with what was asked, not with the connection: asked again, it would fail again. A subject
// that takes longer than a statement may take is one of these; it must not hold up all others.
bool is_refusal(const Failure& failure) {
  return failure.kind == FailureClass::bug || failure.code == "statement_timeout";
}

// Each under a savepoint: what the database refuses is stored as that subject's failure.
Result<void> apply_each(Connection& connection, std::vector<Step>& steps) {
  for (auto& step : steps) {
    if (auto r = connection.script("savepoint one_subject"); r.has_error()) return r;
    auto done = apply(connection, json::array{step.document});
    if (done.has_value()) continue;
    if (!is_refusal(done.error())) return done;
    if (auto r = connection.script("rollback to savepoint one_subject"); r.has_error()) return r;
    step = failed(step.told.subject, done.error());
    if (auto r = apply(connection, json::array{step.document}); r.has_error()) return r;
  }
  return {};
}

enum class Care { together, each };

Result<std::vector<Reduced>> attempt(Connection& connection, int limit, const Reducer& reducer,
                                     Care care) {
  if (auto r = connection.begin(); r.has_error()) return r.error();
  auto taken = connection.run("reduce_take", Effect::reads, {std::to_string(limit)});
  if (taken.has_error()) return taken.error();
  std::vector<Step> steps;
  for (std::size_t i = 0; i < taken->size(); ++i) {
    auto step = step_of(taken->text(i, "facts"), reducer);
    if (step.has_error()) return step.error();
    steps.push_back(std::move(*step));
  }
  if (!steps.empty()) {
    auto applied =
        care == Care::each ? apply_each(connection, steps) : apply_together(connection, steps);
    if (applied.has_error()) return applied.error();
  }
  if (auto r = connection.commit(); r.has_error()) return r.error();
  std::vector<Reduced> out;
  for (auto& step : steps) out.push_back(std::move(step.told));
  return out;
}

}  // namespace

Result<std::vector<Reduced>> reduce_in_transaction(Connection& connection, int limit,
                                                   const Reducer& reducer) {
  auto result = attempt(connection, limit, reducer, Care::together);
  if (result.has_error() && connection.is_open()) connection.rollback();
  // One statement for all is quick; when the database refuses it, each subject answers for itself.
  if (result.has_error() && is_refusal(result.error()) && connection.is_open()) {
    result = attempt(connection, limit, reducer, Care::each);
    if (result.has_error() && connection.is_open()) connection.rollback();
  }
  return result;
}

}  // namespace rolecall
