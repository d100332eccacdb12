#pragma once

#include <lull/domain/attempt.hpp>

#include <cstdint>
#include <string>
#include <string_view>

/// What AMQP 1.0 says of a message, as the queue must know it. Pure.
namespace lull::amqp {

/// An error as the broker gave it: a symbol such as amqp:not-found, and a text.
struct Condition {
  std::string name{};
  std::string description{};
  bool empty() const { return name.empty() && description.empty(); }
};
/// Both on one line, as the end of a sentence; "no reason given" when there is none.
std::string quoted(const Condition& condition);

/// For good where the reason speaks of the message, or there is none; otherwise the broker may take it later.
AttemptResult rejected(const std::string& broker, const Condition& why);
/// The broker gave the message back, as one that nobody has touched (released) or somebody has (modified).
AttemptResult returned(const std::string& broker, std::string_view how);
/// The broker does not let anything into the queue (any more): no such queue, no permission, and so on.
AttemptResult linkRefused(const std::string& broker, const std::string& queue, const Condition& why);
/// It is larger than the broker takes.
AttemptResult tooLarge(const std::string& broker, std::uint64_t most);

}  // namespace lull::amqp
