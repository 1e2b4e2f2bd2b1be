// signature.cpp -- see signature.hpp.
#include "tests/emulator/signature.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace rolecall::emulator {

std::string sign_webhook(std::string_view secret, std::int64_t millis, std::string_view body) {
  const std::string message = fmt::format("{}.{}", millis, body);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(),
       &size);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return fmt::format("t={}, v1={}", millis, hex);
}

}  // namespace rolecall::emulator
