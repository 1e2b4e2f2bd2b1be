// certificates.hpp -- a private certificate authority, made when the test runs.
// Owns:    its keys, in memory; written only where write_authority() is told to.
// Thread:  one thread.
// Fails:   throws; a test without certificates proves nothing.
// Never:   trusted by anything outside the test.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <filesystem>
#include <memory>
#include <string>

namespace rolecall::testing {

class Authority {
 public:
  explicit Authority(const std::string& name);
  ~Authority();

  // A server context with a certificate for `name`: "DNS:localhost" or "IP:127.0.0.1".
  boost::asio::ssl::context serve_as(const std::string& name) const;
  // The same, but valid only until yesterday.
  boost::asio::ssl::context serve_expired(const std::string& name) const;

  // A PEM file with the authority's certificate, removed at the end.
  const std::filesystem::path& file() const { return file_; }

 private:
  struct Keys;
  boost::asio::ssl::context issue(const std::string& name, long ends_in_seconds) const;
  std::unique_ptr<Keys> keys_;
  std::filesystem::path file_;
};

}  // namespace rolecall::testing
