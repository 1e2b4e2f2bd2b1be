#include "workflows/workos/webhook.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace rolecall::workos {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kHexOfSha256 = 64;
constexpr std::size_t kMostDigits = 15;  // milliseconds until the year 33658, far from an overflow

struct Signature {
  std::string_view time_text;  // these characters were signed, whatever number they are
  Millis time{};
  std::string_view hex;
};

constexpr std::string_view kBlanks = " \t";

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_lower_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}

bool read_time(std::string_view digits, Signature& into) {
  if (digits.empty() || digits.size() > kMostDigits || !std::ranges::all_of(digits, is_digit))
    return false;
  std::int64_t millis = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), millis);
  into.time_text = digits;
  into.time = Millis{millis};
  return true;
}

bool read_hex(std::string_view hex, Signature& into) {
  if (hex.size() != kHexOfSha256 || !std::ranges::all_of(hex, is_lower_hex)) return false;
  into.hex = hex;
  return true;
}

// One part of each kind and nothing else: of two, nobody could say which one was meant.
bool read_part(std::string_view part, Signature& into) {
  if (part.starts_with("t=") && into.time_text.empty()) return read_time(part.substr(2), into);
  if (part.starts_with("v1=") && into.hex.empty()) return read_hex(part.substr(3), into);
  return false;
}

std::optional<Signature> parse(std::string_view header) {
  Signature signature;
  while (true) {
    const auto comma = header.find(',');
    if (!read_part(trimmed(header.substr(0, comma)), signature)) return std::nullopt;
    if (comma == std::string_view::npos) break;
    header.remove_prefix(comma + 1);
  }
  if (signature.time_text.empty() || signature.hex.empty()) return std::nullopt;
  return signature;
}

std::string hex_hmac(const Secret& secret, std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const auto& key = secret.reveal();
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(),
           &size) == nullptr)
    return {};
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += kDigits[digest[i] >> 4U];
    hex += kDigits[digest[i] & 15U];
  }
  return hex;
}

// Every secret is tried to its end, so that the time taken does not tell which one it was.
bool is_signed_by_any(const std::vector<Secret>& secrets, const Signature& signature,
                      std::string_view body) {
  std::string message(signature.time_text);
  message += '.';
  message += body;
  int matches = 0;
  for (const auto& secret : secrets) {
    const auto expected = hex_hmac(secret, message);
    matches += static_cast<int>(
        expected.size() == signature.hex.size() &&
        CRYPTO_memcmp(expected.data(), signature.hex.data(), expected.size()) == 0);
  }
  return matches > 0;
}

bool take_text(const dom::object& object, std::string_view key, std::string& into) {
  std::string_view text;
  if (object[key].get_string().get(text) != simdjson::SUCCESS) return false;
  into = text;
  return !text.empty();
}

// What is wrong with it, in a word; empty: nothing.
std::string_view read_event(std::string_view body, WebhookNudge& into) {
  dom::parser parser;
  dom::object object;
  const simdjson::padded_string padded(body);
  if (parser.parse(padded).get_object().get(object) != simdjson::SUCCESS) return "no_json_object";
  if (!take_text(object, "id", into.event_id)) return "no_id";
  if (!take_text(object, "event", into.type)) return "no_event";
  take_text(object, "created_at", into.created_at);
  return {};
}

WebhookVerdict refused(WebhookResult result, std::string_view reason) {
  return {.result = result, .reason = reason};
}

}  // namespace

std::string_view name_of(WebhookResult result) {
  switch (result) {
    case WebhookResult::accepted:
      return "accepted";
    case WebhookResult::no_signature:
      return "unsigned";
    case WebhookResult::refused:
      return "refused";
    case WebhookResult::malformed:
      return "malformed";
    case WebhookResult::too_large:
      return "too_large";
  }
  return {};
}

int status_of(WebhookResult result) {
  switch (result) {
    case WebhookResult::accepted:
      return 204;
    case WebhookResult::no_signature:
    case WebhookResult::refused:
      return 401;
    case WebhookResult::malformed:
      return 400;
    case WebhookResult::too_large:
      return 413;
  }
  return 401;
}

WebhookVerdict judge_webhook(const WebhookTrust& trust, WallTime now,
                             std::optional<std::string_view> signature, std::string_view body) {
  if (!signature || trimmed(*signature).empty())
    return refused(WebhookResult::no_signature, "no_signature");
  if (trust.secrets.empty()) return refused(WebhookResult::refused, "no_secret");
  const auto given = parse(*signature);
  if (!given) return refused(WebhookResult::refused, "header");
  if (!is_signed_by_any(trust.secrets, *given, body))
    return refused(WebhookResult::refused, "signature");
  // Whole milliseconds, as the sender counts them.
  const auto age = std::chrono::floor<Millis>(now).time_since_epoch() - given->time;
  if (age > trust.tolerance) return refused(WebhookResult::refused, "too_old");
  if (-age > trust.tolerance) return refused(WebhookResult::refused, "too_new");
  WebhookVerdict verdict{.result = WebhookResult::accepted};
  const auto wrong = read_event(body, verdict.nudge);
  return wrong.empty() ? verdict : refused(WebhookResult::malformed, wrong);
}

}  // namespace rolecall::workos
