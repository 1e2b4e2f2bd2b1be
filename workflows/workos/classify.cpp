#include "workflows/workos/classify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "workflows/timestamps.hpp"
#include "workflows/workos/responses.hpp"

namespace rolecall::workos {
namespace {

constexpr std::size_t kExcerptBytes = 300;
constexpr std::chrono::hours kLongestRetryAfter{24};

std::string_view header(const HttpResponse& response, const char* name) {
  const auto found = response.headers.find(name);
  return found == response.headers.end() ? std::string_view{} : std::string_view(found->second);
}

// Seconds, or an HTTP date which is compared with the answer's own Date: no clock of ours.
std::optional<Millis> retry_after_of(const HttpResponse& response) {
  const std::string_view text = header(response, "retry-after");
  if (text.empty()) return std::nullopt;
  const bool digits = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  std::optional<Millis> asked;
  if (digits) {
    std::int64_t seconds = std::chrono::seconds(kLongestRetryAfter).count();
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    asked = std::chrono::seconds(
        std::min(seconds, std::int64_t{std::chrono::seconds(kLongestRetryAfter).count()}));
  } else if (const auto until = http_date_of(text)) {
    if (const auto now = http_date_of(header(response, "date")))
      asked = std::chrono::duration_cast<Millis>(*until - *now);
  }
  if (!asked) return std::nullopt;
  return std::clamp(*asked, Millis{0}, Millis(kLongestRetryAfter));
}

bool is_exists_code(std::string_view code) {
  return code == "organization_membership_already_exists" || code == "entity_already_exists";
}

// What a refusal means when WorkOS itself wrote it.
FailureClass class_of(int status, std::string_view code) {
  switch (status) {
    case 401:
      return FailureClass::unauthorised;
    case 403:
      return FailureClass::forbidden;
    case 404:
    case 409:
      return FailureClass::look_first;
    case 408:
      return FailureClass::in_doubt;
    case 429:
      return FailureClass::throttled;
    default:
      break;
  }
  if (status >= 300 && status < 400) return FailureClass::transient;
  if (status < 400 || status >= 500) return FailureClass::in_doubt;
  if (is_exists_code(code)) return FailureClass::look_first;
  if (status == 422 && code == "invalid_role") return FailureClass::missing_dependency;
  return FailureClass::rejected;
}

// A gateway's page is no verdict of WorkOS about the object. Where the status alone says enough
// (the key, the pace, the time) the page does not matter.
bool needs_words(FailureClass kind, int status, const HttpResponse& response) {
  if (status == 404 || status == 409) return true;
  return kind == FailureClass::rejected && !response.body.empty();
}

Failure described(FailureClass kind, std::string code, const HttpResponse& response) {
  Failure failure;
  failure.kind = kind;
  failure.code = std::move(code);
  failure.http_status = response.status;
  failure.request_id = request_id_of(response);
  failure.retry_after = retry_after_of(response);
  return failure;
}

// "sk_..." keys and addresses, wherever a text holds them.
std::string without_secrets(std::string_view text) {
  std::string clean;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto end = std::min(text.find_first_of(" \"'<>()[]{},;:=", at), text.size());
    const std::string_view word = text.substr(at, end - at);
    const bool secret = word.find("sk_") != std::string_view::npos ||
                        word.find("whsec_") != std::string_view::npos ||
                        word.find('@') != std::string_view::npos;
    clean += secret ? std::string_view("***") : word;
    if (end < text.size()) clean += text[end];
    at = end + 1;
  }
  return clean;
}

}  // namespace

bool is_success(const HttpResponse& response) {
  return response.status >= 200 && response.status < 300;
}

RequestId request_id_of(const HttpResponse& response) {
  return RequestId(std::string(header(response, "x-request-id").substr(0, 200)));
}

std::string excerpt_of(std::string_view body) {
  std::string line;
  // Twice the length is read so that a key cut in two is still seen whole.
  for (const char c : body.substr(0, 2 * kExcerptBytes)) {
    const auto byte = static_cast<unsigned char>(c);
    line += byte < 0x20 || byte == 0x7f ? ' ' : byte >= 0x80 ? '?' : c;
  }
  std::string clean = without_secrets(line);
  if (clean.size() > kExcerptBytes || body.size() > 2 * kExcerptBytes) {
    clean.resize(std::min(clean.size(), kExcerptBytes - 3));
    clean += "...";
  }
  return clean;
}

Failure failure_of(const HttpResponse& response) {
  const Refusal refusal = refusal_in(response.body);
  const FailureClass kind = class_of(response.status, refusal.code);
  if (!refusal.is_object && needs_words(kind, response.status, response))
    return garbage_answer(response, "no JSON object");
  Failure failure = described(kind, excerpt_of(refusal.code), response);
  if (failure.code.empty()) failure.code = fmt::format("http_{}", response.status);
  failure.detail = excerpt_of(refusal.message.empty() ? response.body : refusal.message);
  if (kind == FailureClass::transient)
    failure.detail = "redirected: check WORKOS_API_BASE_URL. " + failure.detail;
  return failure;
}

bool is_json_object(std::string_view body) {
  return refusal_in(body).is_object;
}

Failure garbage_answer(const HttpResponse& response, std::string_view what) {
  Failure failure = described(FailureClass::in_doubt, std::string(kGarbage), response);
  failure.detail = fmt::format("status {} with {} in the body: {}", response.status, what,
                               excerpt_of(response.body));
  return failure;
}

}  // namespace rolecall::workos
