#include "known_brokers.hpp"
#include "proton_engine.hpp"
#include "session.hpp"

#include <lull/amqp/amqp_protocol.hpp>
#include <lull/brokers/results.hpp>
#include <lull/text/random.hpp>

#include <proton/error.hpp>

#include <utility>
#include <variant>

namespace lull::amqp {

namespace {

using brokers::Broker;
using brokers::ConnectionTimes;
using brokers::Opened;
using brokers::Outgoing;
using brokers::Wire;
using SteadyClock = std::chrono::steady_clock;

class AmqpProtocol final : public brokers::Protocol {
 public:
  explicit AmqpProtocol(Now now) : now_(std::move(now)) {}
  std::string threadName() const override { return "amqp"; }

  Result<Outgoing> build(const ports::DeliveryRequest& request, const brokers::OutgoingParts& parts) const override {
    Outgoing out;
    out.routingKey = request.endpoint->registration.amqp()->queue;
    return brokers::completed(std::move(out), request, parts);
  }

  Opened open(const Broker& broker, const ConnectionTimes& times) const override {
    try {
      return opened(broker, times);
    } catch (const proton::error& error) {
      return Loss{"The broker " + broker.name + " cannot be connected to: the library for AMQP failed (" +
                      brokers::quoted(error.what()) + ").",
                  FailureClass::Local};
    }
  }

 private:
  Opened opened(const Broker& broker, const ConnectionTimes& times) const {
    auto wire = Wire::open(broker, times);
    if (auto* loss = std::get_if<Loss>(&wire)) return std::move(*loss);
    auto engine = std::make_unique<Engine>(broker.name, std::get<std::unique_ptr<Wire>>(std::move(wire)), now_);
    // A broker with virtual hosts takes their names here, all others what they were reached by.
    const auto& host = broker.virtualHost == "/" ? broker.host : broker.virtualHost;
    const auto patience = idleTimeout(broker.host, times.heartbeat);
    engine->begin({"lull-" + text::randomId(20), host, broker.user, broker.password, patience});
    const auto until = SteadyClock::now() + times.timeout;
    while (true) {
      engine->turn();
      if (const auto& lost = engine->wire().lost()) return *lost;
      if (engine->isOpen()) return std::make_unique<Session>(broker.name, std::move(engine), patience, suspects_);
      if (SteadyClock::now() >= until)
        return Loss{"The broker " + broker.name + " is away: the login was not answered within the time-out.",
                    FailureClass::Timeout};
      engine->wire().wait(engine->awaitsWritable(), until);
    }
  }

  const Now now_;
  const std::shared_ptr<brokers::Suspects> suspects_ = std::make_shared<brokers::Suspects>();
};

}  // namespace

std::shared_ptr<const brokers::Protocol> makeProtocol(Now now) {
  return std::make_shared<AmqpProtocol>(std::move(now));
}

}  // namespace lull::amqp
