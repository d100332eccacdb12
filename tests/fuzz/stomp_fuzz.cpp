#include "fuzz.hpp"
#include "stomp/frame.hpp"
#include "stomp/frames.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace {

using lull::stomp::Frame;
using lull::stomp::FrameReader;

std::vector<Frame> read(FrameReader& reader, std::string_view bytes, std::size_t piece) {
  std::vector<Frame> frames;
  while (!bytes.empty()) {
    const auto length = std::min(piece, bytes.size());
    reader.feed(bytes.substr(0, length));
    bytes.remove_prefix(length);
    while (auto frame = reader.next()) frames.push_back(*std::move(frame));
  }
  return frames;
}

}  // namespace

/// What a broker sends over STOMP; the first byte says in pieces of what length it arrives. That changes nothing, and a
/// frame that was read is read again from what is written of it.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using lull::fuzz::require;
  lull::fuzz::Input input(data, size);
  const std::size_t piece = std::size_t{1} + input.byte();
  const std::string bytes(input.rest());
  FrameReader whole;
  const auto frames = read(whole, bytes, bytes.size() + 1);
  FrameReader pieces;
  const auto again = read(pieces, bytes, piece);
  require(whole.fault() == pieces.fault(), "it is a fault however it arrives");
  require(again.size() == frames.size(), "there are as many frames however they arrive");
  for (std::size_t i = 0; i < frames.size(); ++i) {
    require(again[i].body == frames[i].body && again[i].headers == frames[i].headers, "so does what is in them");
    static_cast<void>(lull::stomp::receiptOf(frames[i]));
    static_cast<void>(lull::stomp::errorText(frames[i]));
    const auto beats = lull::stomp::offeredBeats(frames[i]);
    require(beats.sends.count() >= 0 && beats.wants.count() >= 0, "no time is negative");
    // A command is one line, and the frames that escape nothing cannot say everything.
    const auto& command = frames[i].command;
    if (command.empty() || command == "CONNECT" || command == "CONNECTED" || command.find('\r') != std::string::npos)
      continue;
    FrameReader reader;
    const auto once = read(reader, encode(frames[i]), bytes.size() + 1);
    require(once.size() == 1 && once[0].headers == frames[i].headers && once[0].body == frames[i].body,
            "what was read is written so that it is read again");
  }
  return 0;
}
