// store_answers.hpp -- what the store's statements answer, as values.
// Owns:    nothing.
// Thread:  any.
// Fails:   Result<T>: the statement's own failure, or bug for rows that are not as promised.
// Never:   asks the database.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "outbox/core/exchange.hpp"
#include "outbox/core/rate.hpp"
#include "outbox/pg/rows.hpp"

namespace rolecall {

struct Woken {
  int lanes = 0;
  std::string walked_to{};
};

struct IdleAnswer {
  IdleLook look{};
  std::string walked_to{};
};

// Statements that answer one number.
Result<int> number_of(Result<Rows> rows, std::string_view column);
Result<std::vector<Settled>> settled_of(Result<Rows> rows, std::size_t asked);
Result<std::vector<Verification>> verifications_of(Result<Rows> rows);
Result<IdleAnswer> idle_answer_of(const Rows& rows);
TokenBlock token_block_of(const Rows& rows);

}  // namespace rolecall
