#include "outbox/pg/errors.hpp"

#include <array>
#include <pqxx/except>
#include <stdexcept>
#include <utility>

namespace rolecall {
namespace {

constexpr std::size_t kMessageBytes = 400;

// One line, bounded; libpq ends its messages with line feeds.
std::string tidy(std::string_view message) {
  std::string out;
  for (char c : message.substr(0, kMessageBytes)) out += c == '\n' || c == '\t' ? ' ' : c;
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

Failure lost_connection(std::string_view message, Effect effect) {
  Failure failure;
  failure.kind = effect == Effect::changes ? FailureClass::in_doubt : FailureClass::unavailable;
  failure.code = "connection_lost";
  failure.detail = "the connection to the database was lost: " + tidy(message);
  return failure;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

FailureClass class_of(std::string_view state, Effect effect) {
  const std::string_view family = state.substr(0, 2);
  if (state == "40003" || state == "57P01" || state == "57P02" || family == "08")
    return effect == Effect::changes ? FailureClass::in_doubt : FailureClass::unavailable;
  if (family == "40") return FailureClass::transient;  // serialization failure, deadlock
  if (state == "57014" || state == "55P03") return FailureClass::transient;
  if (family == "53" || family == "57" || family == "58") return FailureClass::unavailable;
  if (state == "25006") return FailureClass::unavailable;  // a standby: read only
  if (state == "42501" || state == "28P01" || state == "28000" || state == "3D000")
    return FailureClass::bad_input;
  return FailureClass::bug;
}

// libpqxx 6.4 tells some SQLSTATEs by the exception's type alone.
std::string_view sqlstate_of(const pqxx::sql_error& e) {
  if (!e.sqlstate().empty()) return e.sqlstate();
  const std::array<std::pair<bool, std::string_view>, 14> types{{
      {dynamic_cast<const pqxx::insufficient_privilege*>(&e) != nullptr, "42501"},
      {dynamic_cast<const pqxx::undefined_column*>(&e) != nullptr, "42703"},
      {dynamic_cast<const pqxx::undefined_function*>(&e) != nullptr, "42883"},
      {dynamic_cast<const pqxx::undefined_table*>(&e) != nullptr, "42P01"},
      {dynamic_cast<const pqxx::syntax_error*>(&e) != nullptr, "42601"},  // their base class
      {dynamic_cast<const pqxx::plpgsql_raise*>(&e) != nullptr, "P0001"},
      {dynamic_cast<const pqxx::plpgsql_no_data_found*>(&e) != nullptr, "P0002"},
      {dynamic_cast<const pqxx::plpgsql_too_many_rows*>(&e) != nullptr, "P0003"},
      {dynamic_cast<const pqxx::plpgsql_error*>(&e) != nullptr, "P0000"},
      {dynamic_cast<const pqxx::feature_not_supported*>(&e) != nullptr, "0A000"},
      {dynamic_cast<const pqxx::disk_full*>(&e) != nullptr, "53100"},
      {dynamic_cast<const pqxx::out_of_memory*>(&e) != nullptr, "53200"},
      {dynamic_cast<const pqxx::unique_violation*>(&e) != nullptr, "23505"},
      {dynamic_cast<const pqxx::data_exception*>(&e) != nullptr, "22000"},
  }};
  for (const auto& [is, state] : types)
    if (is) return state;
  return {};
}

}  // namespace

Failure failure_of_sqlstate(std::string_view sqlstate, std::string_view message, Effect effect) {
  if (sqlstate.empty()) return lost_connection(message, effect);
  Failure failure;
  failure.kind = class_of(sqlstate, effect);
  failure.code = sqlstate == "57014" ? "statement_timeout" : std::string(sqlstate);
  failure.detail = tidy(message);
  return failure;
}

Failure failure_of_connecting(std::string_view message) {
  // libpq gives no SQLSTATE when a connection is refused; the server's own words are all there is.
  constexpr std::array<std::string_view, 5> kForPeople{
      "password authentication failed", "no password supplied", "does not exist",
      "no pg_hba.conf entry", "could not translate host name"};
  Failure failure{.kind = FailureClass::unavailable, .code = "database_unreachable"};
  for (auto words : kForPeople)
    if (contains(message, words)) {
      failure.kind = FailureClass::bad_input;
      failure.code = "database_refused";
    }
  failure.detail = "no connection to the database: " + tidy(message) +
                   (failure.kind == FailureClass::bad_input ? "; check DATABASE_URL" : "");
  return failure;
}

std::optional<Failure> failure_of(const std::function<void()>& body, const Circumstances& where) {
  const auto lost = [&] { return where.connection_is_open && !where.connection_is_open(); };
  try {
    body();
    return std::nullopt;
  } catch (const pqxx::in_doubt_error& e) {
    return lost_connection(e.what(), Effect::changes);
  } catch (const pqxx::statement_completion_unknown& e) {
    return failure_of_sqlstate("40003", e.what(), where.effect);
  } catch (const pqxx::serialization_failure& e) {
    return failure_of_sqlstate("40001", e.what(), where.effect);
  } catch (const pqxx::deadlock_detected& e) {
    return failure_of_sqlstate("40P01", e.what(), where.effect);
  } catch (const pqxx::transaction_rollback& e) {
    return failure_of_sqlstate("40000", e.what(), where.effect);
  } catch (const pqxx::sql_error& e) {
    const auto state = sqlstate_of(e);
    if (state.empty() && !lost()) return failure_of_sqlstate("XX000", e.what(), where.effect);
    return failure_of_sqlstate(state, e.what(), where.effect);
  } catch (const pqxx::broken_connection& e) {
    return lost_connection(e.what(), where.effect);
  } catch (const pqxx::failure& e) {
    if (lost()) return lost_connection(e.what(), where.effect);
    return Failure{.kind = FailureClass::bug, .code = "libpqxx", .detail = tidy(e.what())};
  } catch (const std::logic_error& e) {  // libpqxx's usage errors, and Rows::at
    return Failure{.kind = FailureClass::bug, .code = "misuse", .detail = tidy(e.what())};
  }
}

}  // namespace rolecall
