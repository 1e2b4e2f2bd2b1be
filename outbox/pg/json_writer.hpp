// json_writer.hpp -- writes the documents that the database's functions take.
// Owns:    nothing.
// Thread:  any.
// Fails:   a JsonText that is no JSON is a bug: Failure bug.
// Never:   writes what jsonb refuses: a zero byte, or text that is no UTF-8; both become U+FFFD.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "outbox/core/failure.hpp"
#include "outbox/core/lease.hpp"

namespace rolecall {

Result<boost::json::value> json_of(const JsonText& text);
Result<boost::json::value> json_of(const std::optional<JsonText>& text);  // none: null
boost::json::value json_of_text(const std::optional<std::string>& text);  // none: null
Result<boost::json::value> json_of(const Observation& observation);

// The text without what PostgreSQL refuses.
std::string fit_for_database(std::string_view text);

// The text, fit for jsonb.
std::string document_of(boost::json::value value);

}  // namespace rolecall
