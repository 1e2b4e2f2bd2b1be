// call.hpp -- one API call under way, and what it is answered with.
// Owns:    its text; the state belongs to the model.
// Thread:  one.
// Fails:   by a Reply with WorkOS's status and code.
// Never:   changes the state before everything in the call was checked.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/emulator/state.hpp"

namespace rolecall::emulator {

namespace json = boost::json;

// The query of a target, decoded. `name=a,b`, `name[]=a&name[]=b` and `name=a&name=b` are one list.
class Query {
 public:
  Query() = default;
  explicit Query(std::string_view text);
  std::optional<std::string> one(std::string_view name) const;
  std::vector<std::string> list(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> pairs_{};
};

std::string percent_decode(std::string_view text);
std::string percent_encode(std::string_view text);

enum class Source { api, dashboard };

struct Call {
  State& state;
  std::vector<std::string> arguments{};  // what the path's {} stood for
  Query query{};
  json::object body{};
  WallTime now{};  // whole milliseconds
  Source source = Source::api;
};

struct Reply {
  int status = 200;
  std::string body{};  // JSON, or nothing
};

Reply answer(int status, const json::value& body);
Reply refusal(int status, std::string_view code, std::string_view message);
Reply not_found(std::string_view what, std::string_view id);

struct Problem {
  std::string code;
  std::string field;
  std::string message;
};
Reply invalid(const std::vector<Problem>& problems);  // 422 invalid_request_parameters

// Reads a body field by field and collects what is wrong with it.
class Fields {
 public:
  explicit Fields(const json::object& body) : body_(body) {}

  std::string required_text(std::string_view name, std::size_t most);
  std::optional<std::string> text(std::string_view name, std::size_t most);
  // Outer: given at all. Inner: not null.
  std::optional<std::optional<std::string>> nullable_text(std::string_view name, std::size_t most);
  std::optional<bool> flag(std::string_view name);
  std::optional<std::int64_t> number(std::string_view name);
  std::optional<std::vector<std::string>> texts(std::string_view name);
  // Outer: given. A value that is none means "take the key away".
  std::optional<std::map<std::string, std::optional<std::string>>> metadata();

  void refuse(std::string_view code, std::string_view field, std::string_view message);
  bool fine() const { return problems_.empty(); }
  Reply problem() const { return invalid(problems_); }

 private:
  const json::object& body_;
  std::vector<Problem> problems_{};
};

std::size_t characters(std::string_view utf8);
// Letters a-z, digits, '-', '_' and what else is allowed.
bool is_slug(std::string_view text, std::string_view also = "");
bool is_ascii(std::string_view text);
bool is_email(std::string_view text);
// WorkOS's bounds on metadata; false: 400 invalid_metadata.
bool metadata_fits(const Metadata& metadata);
void merge_metadata(Metadata& into,
                    const std::map<std::string, std::optional<std::string>>& changes);

}  // namespace rolecall::emulator
