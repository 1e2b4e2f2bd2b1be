#include "worker/net/api_key.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "worker/net/visible.hpp"

namespace rolecall {
namespace {

constexpr Millis kBetweenLooks{1'000};

Failure unusable(std::string code, std::string detail) {
  return {.kind = FailureClass::bad_input, .code = std::move(code), .detail = std::move(detail)};
}

}  // namespace

Result<Secret> read_secret_file(const std::string& path) {
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad())
    return unusable("unreadable_file", fmt::format("{} cannot be read", path));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) return unusable("empty_file", fmt::format("{} is empty", path));
  return Secret(std::move(text));
}

Result<void> usable_key(const Secret& key) {
  if (std::ranges::all_of(key.reveal(), is_visible)) return {};
  return unusable("bad_key",
                  "the API key holds a space, a line end or a character that no key has");
}

ApiKey::ApiKey(Secret key, std::string file, Listener listener)
    : key_(std::move(key)), file_(std::move(file)), listener_(std::move(listener)) {}

const Secret& ApiKey::at(Instant now) {
  if (!file_.empty() && (!looked_at_ || now - *looked_at_ >= kBetweenLooks)) {
    looked_at_ = now;
    look();
  }
  return key_;
}

void ApiKey::look() {
  // A pipe was emptied at the start, and to open it again could wait for ever.
  std::error_code error;
  const auto status = std::filesystem::status(file_, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) return;
  auto found = read_secret_file(file_);
  std::optional<Failure> failure;
  if (!found)
    failure = found.error();
  else if (auto usable = usable_key(*found); !usable)
    failure = usable.error();
  const bool told = std::exchange(unusable_, failure.has_value());
  if (failure) {
    if (!told && listener_) listener_(failure);
    return;
  }
  if (found->reveal() == key_.reveal()) return;
  key_ = *std::move(found);
  if (listener_) listener_(std::nullopt);
}

}  // namespace rolecall
