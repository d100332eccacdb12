#pragma once

#include "outgoing.hpp"

#include <lull/brokers/delivery.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lull::rabbit {

using brokers::Delivery;
using brokers::DeliveryPtr;

/// What the broker said of a message that it could not route (basic.return).
struct Returned {
  int code = 0;
  std::string text;
};

/// The messages of one AMQP channel that the broker has not confirmed yet, by their delivery tags: 1, 2, … since the
/// channel was opened. A mandatory message that no queue takes is returned first and confirmed then. Not thread-safe.
class Confirms {
 public:
  struct Ended {
    DeliveryPtr delivery;
    std::optional<Returned> returned;
  };

  /// The delivery was published as the next message of the channel.
  void add(DeliveryPtr delivery);
  /// Notes that a message came back. Of several with the same id (an attempt that was given up, and the next one) it is
  /// the one published first that has not come back.
  void noteReturn(std::string_view messageId, Returned returned);
  /// Takes out the message of this tag, with `multiple` all up to it (0: all there are). Unknown tags are passed over.
  std::vector<Ended> confirm(std::uint64_t tag, bool multiple);
  /// Takes out all, in the order in which they were published. The next tag is 1 again.
  std::vector<DeliveryPtr> takeAll();

  std::size_t size() const { return open_.size(); }
  /// How many of them somebody still waits for. O(size).
  std::size_t awaited() const;

 private:
  Ended take(std::map<std::uint64_t, Ended>::iterator place);

  std::map<std::uint64_t, Ended> open_;
  std::uint64_t last_ = 0;
};

}  // namespace lull::rabbit
