#include "frames.hpp"
#include "session.hpp"

#include <lull/brokers/results.hpp>
#include <lull/stomp/stomp_protocol.hpp>

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

namespace lull::stomp {

namespace {

using brokers::Broker;
using brokers::ConnectionTimes;
using brokers::Opened;
using brokers::Outgoing;
using brokers::Wire;
using SteadyClock = std::chrono::steady_clock;

/// Sends everything, as far as the wire takes it.
void sendAll(Wire& wire, std::string_view bytes, SteadyClock::time_point until) {
  while (!bytes.empty() && !wire.takesNothing() && SteadyClock::now() < until) {
    const auto sent = wire.write(bytes);
    bytes.remove_prefix(sent);
    if (sent == 0 && !wire.takesNothing()) wire.wait(true, until);
  }
}

/// The first frame that the broker sends. Nothing: the wire was lost, or the time is up.
std::optional<Frame> firstFrame(Wire& wire, FrameReader& reader, SteadyClock::time_point until) {
  std::array<char, 4096> chunk;
  while (true) {
    if (auto frame = reader.next()) return frame;
    if (!reader.fault().empty() || wire.lost() || SteadyClock::now() >= until) return std::nullopt;
    const auto got = wire.read(chunk.data(), chunk.size());
    reader.feed({chunk.data(), got});
    if (got == 0 && !wire.lost()) wire.wait(false, until);
  }
}

/// Why the first frame lets us not in.
Loss notLetIn(const std::string& away, const std::optional<Frame>& first, const FrameReader& reader, const Wire& wire) {
  if (first && first->command == "ERROR")
    return {away + "it refused the login (" + brokers::quoted(errorText(*first)) + ").", FailureClass::Connect};
  if (first || !reader.fault().empty()) return {away + "it does not speak STOMP 1.2.", FailureClass::Protocol};
  if (wire.lost()) return {away + "it ended the connection at the login.", FailureClass::Reset};
  return {away + "the login was not answered within the time-out.", FailureClass::Timeout};
}

/// Each side sends as often as one offers and the other wants (STOMP 1.2, Heart-beating).
HeartBeats agreed(OfferedBeats broker, std::chrono::milliseconds own) {
  const auto both = [&](std::chrono::milliseconds theirs) {
    return theirs.count() == 0 ? theirs : std::max(theirs, own);
  };
  return {both(broker.wants), both(broker.sends)};
}

class StompProtocol final : public brokers::Protocol {
 public:
  std::string threadName() const override { return "stomp"; }

  Result<Outgoing> build(const ports::DeliveryRequest& request, const brokers::OutgoingParts& parts) const override {
    Outgoing out;
    out.routingKey = request.endpoint->registration.amqp()->queue;
    return brokers::completed(std::move(out), request, parts);
  }

  Opened open(const Broker& broker, const ConnectionTimes& times) const override {
    const auto away = "The broker " + broker.name + " is away: ";
    if ((broker.user + broker.password).find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
      return Loss{away + "STOMP has no way to send its user or password.", FailureClass::Local};
    auto opened = Wire::open(broker, times);
    if (auto* loss = std::get_if<Loss>(&opened)) return std::move(*loss);
    auto wire = std::get<std::unique_ptr<Wire>>(std::move(opened));
    const auto until = SteadyClock::now() + times.timeout;
    sendAll(*wire, encode(connectFrame(broker, times.heartbeat)), until);
    FrameReader reader;
    const auto first = firstFrame(*wire, reader, until);
    const auto* version = first && first->command == "CONNECTED" ? first->header("version") : nullptr;
    if (version == nullptr || *version != "1.2") return notLetIn(away, first, reader, *wire);
    const auto beats = agreed(offeredBeats(*first), times.heartbeat);
    return std::make_unique<Session>(broker.name, std::move(wire), std::move(reader), beats, suspects_);
  }

 private:
  const std::shared_ptr<Suspects> suspects_ = std::make_shared<Suspects>();
};

}  // namespace

std::shared_ptr<const brokers::Protocol> makeProtocol() {
  return std::make_shared<StompProtocol>();
}

}  // namespace lull::stomp
