#include "outbox/pg/store_answers.hpp"

#include <utility>

#include "outbox/pg/lease_json.hpp"

namespace rolecall {

Result<int> number_of(Result<Rows> rows, std::string_view column) {
  if (rows.has_error()) return rows.error();
  return static_cast<int>(rows->number(0, column));
}

Result<std::vector<Settled>> settled_of(Result<Rows> rows, std::size_t asked) {
  if (rows.has_error()) return rows.error();
  std::vector<Settled> out;
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const auto result = settle_result_of(rows->text(i, "result"));
    if (!result) return unreadable("settle", "result " + rows->text(i, "result"));
    out.push_back({.subject = Subject(rows->text(i, "subject")),
                   .token = LeaseToken(rows->number(i, "token")),
                   .result = *result});
  }
  if (out.size() != asked) return unreadable("settle", "not one answer for each settlement");
  return out;
}

Result<std::vector<Verification>> verifications_of(Result<Rows> rows) {
  if (rows.has_error()) return rows.error();
  std::vector<Verification> out;
  for (std::size_t i = 0; i < rows->size(); ++i) {
    auto verification = verification_of(rows->text(i, "verification"));
    if (verification.has_error()) return verification.error();
    out.push_back(std::move(*verification));
  }
  return out;
}

Result<IdleAnswer> idle_answer_of(const Rows& rows) {
  auto rescue = rescue_report_of(rows.text(0, "report"));
  if (rescue.has_error()) return rescue.error();
  auto next = next_due_of(rows.text(0, "next"));
  if (next.has_error()) return next.error();
  return IdleAnswer{.look = {.woken = static_cast<int>(rows.number(0, "woken")),
                             .rescue = *rescue,
                             .maintained = static_cast<int>(rows.number(0, "done")),
                             .next = *next},
                    .walked_to = rows.text(0, "walked_to")};
}

TokenBlock token_block_of(const Rows& rows) {
  return {.tokens = static_cast<int>(rows.number(0, "tokens")),
          .first_in = std::chrono::microseconds{rows.number(0, "first_in_us")},
          .every = std::chrono::microseconds{rows.number(0, "every_us")},
          .ask_again = Millis{rows.number(0, "ask_again_ms")}};
}

}  // namespace rolecall
