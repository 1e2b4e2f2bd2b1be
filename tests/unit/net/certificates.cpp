#include "tests/unit/net/certificates.hpp"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

namespace rolecall::testing {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* t) const {
    Free(t);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Memory = std::unique_ptr<BIO, Freed<BIO_free>>;

constexpr long kDay = 24L * 60 * 60;

void check(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("making a certificate failed: ") + what);
}

Key make_key() {
  Key key(EVP_EC_gen("P-256"));
  check(key != nullptr, "key");
  return key;
}

void add_extension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
  check(extension && X509_add_ext(certificate, extension.get(), -1) == 1, value.c_str());
}

Certificate make_certificate(EVP_PKEY* key, const std::string& name, long ends_in_seconds) {
  static long serial = 1;
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3 * kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), ends_in_seconds);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return certificate;
}

std::string text_of(const Memory& memory) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
  const Memory memory(BIO_new(BIO_s_mem()));
  check(PEM_write_bio_X509(memory.get(), certificate) == 1, "certificate text");
  return text_of(memory);
}

std::string pem_of(EVP_PKEY* key) {
  const Memory memory(BIO_new(BIO_s_mem()));
  check(PEM_write_bio_PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
        "key text");
  return text_of(memory);
}

}  // namespace

struct Authority::Keys {
  Key key;
  Certificate certificate;
};

Authority::Authority(const std::string& name) : keys_(std::make_unique<Keys>()) {
  keys_->key = make_key();
  keys_->certificate = make_certificate(keys_->key.get(), name, 10 * kDay);
  auto* self = keys_->certificate.get();
  X509_set_issuer_name(self, X509_get_subject_name(self));
  add_extension(self, self, NID_basic_constraints, "critical,CA:TRUE");
  check(X509_sign(self, keys_->key.get(), EVP_sha256()) > 0, "signature");

  auto path = (std::filesystem::temp_directory_path() / "rolecall-ca-XXXXXX").string();
  const int descriptor = ::mkstemp(path.data());
  check(descriptor >= 0, "file");
  ::close(descriptor);
  file_ = path;
  std::ofstream(file_) << pem_of(self);
}

Authority::~Authority() {
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

boost::asio::ssl::context Authority::issue(const std::string& name, long ends_in_seconds) const {
  const auto key = make_key();
  const auto certificate = make_certificate(key.get(), "rolecall test", ends_in_seconds);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(keys_->certificate.get()));
  add_extension(certificate.get(), keys_->certificate.get(), NID_subject_alt_name, name);
  check(X509_sign(certificate.get(), keys_->key.get(), EVP_sha256()) > 0, "signature");
  boost::asio::ssl::context context(boost::asio::ssl::context::tls_server);
  context.use_certificate(boost::asio::buffer(pem_of(certificate.get())),
                          boost::asio::ssl::context::pem);
  context.use_private_key(boost::asio::buffer(pem_of(key.get())), boost::asio::ssl::context::pem);
  return context;
}

boost::asio::ssl::context Authority::serve_as(const std::string& name) const {
  return issue(name, 5 * kDay);
}
boost::asio::ssl::context Authority::serve_expired(const std::string& name) const {
  return issue(name, -kDay);
}

}  // namespace rolecall::testing
