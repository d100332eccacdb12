#pragma once

#include "frame.hpp"

#include <lull/brokers/broker.hpp>
#include <lull/brokers/outgoing.hpp>

#include <chrono>
#include <cstdint>
#include <string>

/// What Lull says in STOMP, and what it reads out of the answers. Pure.
namespace lull::stomp {

/// The frame that logs in. `beat`: how often both sides are to send something.
Frame connectFrame(const brokers::Broker& broker, std::chrono::milliseconds beat);
/// The frame that puts a message into its queue.
Frame sendFrame(const brokers::Outgoing& message, std::uint64_t receipt);

/// The number of the receipt that a RECEIPT or an ERROR is for; 0: of none of ours.
std::uint64_t receiptOf(const Frame& frame);
/// What an ERROR says, on one line.
std::string errorText(const Frame& frame);

/// The two numbers of `heart-beat` in a CONNECTED, in milliseconds; zeros where it cannot be read.
struct OfferedBeats {
  std::chrono::milliseconds sends{0};
  std::chrono::milliseconds wants{0};
};
OfferedBeats offeredBeats(const Frame& connected);

}  // namespace lull::stomp
