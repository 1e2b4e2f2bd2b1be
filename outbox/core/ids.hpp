// ids.hpp -- strong names for the things that the database counts and calls.
// Owns:    its text or number.
// Thread:  values; share freely.
// Fails:   never.
// Never:   converts from one kind of id to another.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace rolecall {

template <class Tag>
class TextId {
 public:
  TextId() = default;
  explicit TextId(std::string text) : text_(std::move(text)) {}
  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }
  auto operator<=>(const TextId&) const = default;

 private:
  std::string text_;
};

template <class Tag>
class NumberId {
 public:
  NumberId() = default;
  explicit constexpr NumberId(std::int64_t number) : number_(number) {}
  constexpr std::int64_t number() const { return number_; }
  auto operator<=>(const NumberId&) const = default;

 private:
  std::int64_t number_ = 0;
};

using Subject = TextId<struct SubjectTag>;              // subjects.subject; never parsed
using OrganizationId = TextId<struct OrganizationTag>;  // organizations.id, the application's own
using RequestId = TextId<struct RequestTag>;            // WorkOS's X-Request-ID
using Version = NumberId<struct VersionTag>;            // subjects.version; "newer" means this
using OutboxId = NumberId<struct OutboxTag>;            // outbox.id; a name for people
using LeaseToken = NumberId<struct LeaseTokenTag>;      // lanes.lease_token; the fence
using SendId = NumberId<struct SendTag>;                // sends.id
using WorkerId = NumberId<struct WorkerTag>;            // worker_sessions.id

}  // namespace rolecall

template <class Tag>
struct std::hash<rolecall::TextId<Tag>> {
  std::size_t operator()(const rolecall::TextId<Tag>& id) const {
    return std::hash<std::string>{}(id.text());
  }
};

template <class Tag>
struct std::hash<rolecall::NumberId<Tag>> {
  std::size_t operator()(const rolecall::NumberId<Tag>& id) const {
    return std::hash<std::int64_t>{}(id.number());
  }
};
