// The key's file, read again while calls leave.
#include "worker/net/api_key.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "tests/unit/net/http_client_fixture.hpp"

namespace rolecall {
namespace {

class KeyFile : public testing::HttpClientTest {
 protected:
  KeyFile() { write("sk_test_first\n"); }
  ~KeyFile() override { std::filesystem::remove(path_); }

  void write(const std::string& text) const { std::ofstream(path_, std::ios::trunc) << text; }
  ApiKey key() {
    return {Secret("sk_test_first"), path_, [this](const std::optional<Failure>& failure) {
              news_.push_back(failure ? failure->code : "read");
            }};
  }
  std::string at(ApiKey& key, int seconds) const {
    return key.at(Instant{} + Millis{1'000} * seconds).reveal();
  }

  std::string path_ =
      (std::filesystem::temp_directory_path() / ("rolecall-key-" + std::to_string(::getpid())))
          .string();
  std::vector<std::string> news_{};
};

TEST_F(KeyFile, IsReadAgainAtMostOnceASecond) {
  auto held = key();
  EXPECT_EQ(at(held, 0), "sk_test_first");
  write("sk_test_second\r\n");
  EXPECT_EQ(held.at(Instant{} + Millis{999}).reveal(), "sk_test_first");
  EXPECT_EQ(at(held, 1), "sk_test_second");
  EXPECT_EQ(news_, std::vector<std::string>{"read"});
}

TEST_F(KeyFile, ThatCannotBeUsedLeavesTheKeyOfBeforeAndIsToldOnce) {
  auto held = key();
  write("two words");
  EXPECT_EQ(at(held, 0), "sk_test_first");
  EXPECT_EQ(at(held, 1), "sk_test_first");
  write("");
  EXPECT_EQ(at(held, 2), "sk_test_first");
  std::filesystem::remove(path_);
  EXPECT_EQ(at(held, 3), "sk_test_first");
  EXPECT_EQ(news_, std::vector<std::string>{"bad_key"});
  write("sk_test_third");
  EXPECT_EQ(at(held, 4), "sk_test_third");
  write("");
  EXPECT_EQ(at(held, 5), "sk_test_third");
  EXPECT_EQ(news_, (std::vector<std::string>{"bad_key", "read", "empty_file"}));
}

TEST_F(KeyFile, ThatIsAPipeIsReadAtTheStartOnly) {
  std::filesystem::remove(path_);
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  auto held = key();
  EXPECT_EQ(at(held, 0), "sk_test_first") << "nobody writes: to open it would wait for ever";
  EXPECT_TRUE(news_.empty());
}

TEST_F(KeyFile, IsNotLookedForWhereTheKeyWasGivenItself) {
  ApiKey held(Secret("sk_test_given"), "", nullptr);
  EXPECT_EQ(at(held, 0), "sk_test_given");
}

TEST_F(KeyFile, GoesWithTheNextCall) {
  std::vector<std::string> seen;
  const testing::Peer peer(io, [&](testing::tcp::socket socket) -> Task<void> {
    for (;;) {
      seen.push_back(co_await testing::read_request(socket));
      co_await testing::write_text(socket, testing::answer_text(200, "{}"));
    }
  });
  HttpClientOptions options{
      .base_url = peer.url(), .api_key = Secret("sk_test_first"), .api_key_file = path_};
  auto made = HttpClient::create(std::move(options), clock, io.get_executor());
  ASSERT_TRUE(made) << made.error().detail;
  client = std::move(*made);
  ASSERT_TRUE(send());
  write("sk_test_second");
  clock.advance(Millis{1'000});
  ASSERT_TRUE(send());
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_NE(seen[0].find("Bearer sk_test_first\r\n"), std::string::npos);
  EXPECT_NE(seen[1].find("Bearer sk_test_second\r\n"), std::string::npos);
}

}  // namespace
}  // namespace rolecall
