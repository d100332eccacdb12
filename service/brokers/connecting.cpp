#include "connecting.hpp"

#include <lull/brokers/wire.hpp>

#include <pthread.h>

#include <thread>
#include <utility>

namespace lull::brokers {

std::shared_ptr<Connecting> Connecting::begin(std::shared_ptr<const Protocol> protocol, const Broker& broker,
                                              const ConnectionTimes& times, std::shared_ptr<runtime::WakeFd> wake) {
  auto attempt = std::make_shared<Connecting>();
  std::thread([attempt, protocol = std::move(protocol), broker, times, wake = std::move(wake)] {
    const auto name = protocol->threadName() + "-connect";
    pthread_setname_np(pthread_self(), name.c_str());
    blockBrokenPipes();
    auto opened = protocol->open(broker, times);
    *attempt->opened_.lock() = std::move(opened);
    wake->raise();
  }).detach();
  return attempt;
}

std::optional<Opened> Connecting::take() {
  return std::exchange(*opened_.lock(), std::nullopt);
}

}  // namespace lull::brokers
