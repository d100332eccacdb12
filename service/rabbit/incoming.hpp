#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace lull::rabbit {

/// A message that the broker has handed out.
struct Incoming {
  std::uint64_t tag = 0;
  std::string routingKey{};
  std::string properties{};  ///< all of them, as AMQP encodes them
  std::string messageId{};
  std::string contentType{};
  std::string contentEncoding{};
  std::optional<std::uint64_t> timestamp{};  ///< seconds since 1970
  std::uint64_t size = 0;                    ///< of the body, in bytes
  std::string body{};                        ///< empty when it is too long and was not kept
};

/// Puts messages together, which come in pieces: what is said of one, its properties, its body. Those of different AMQP
/// channels may be mixed. No body is kept that is too long for an event (ports::kMostMessageBytes), so that the
/// prefetch bounds the memory.
class Assembly {
 public:
  void begin(std::uint16_t channel, std::uint64_t tag, std::string routingKey);
  /// These two return the message once it is whole. `decoded`: amqp_basic_properties_t. Pieces of what did not begin
  /// here are passed over.
  std::shared_ptr<Incoming> header(std::uint16_t channel, std::uint64_t bodySize, std::string properties,
                                   const void* decoded);
  std::shared_ptr<Incoming> body(std::uint16_t channel, std::string_view piece);

 private:
  struct Half {
    std::shared_ptr<Incoming> message;
    std::uint64_t got = 0;
    bool keep = true;
  };
  std::map<std::uint16_t, Half> halves_;
};

}  // namespace lull::rabbit
