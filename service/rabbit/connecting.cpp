#include "connecting.hpp"

#include <pthread.h>

#include <thread>
#include <utility>

namespace lull::rabbit {

std::shared_ptr<Connecting> Connecting::begin(const Broker& broker, const ConnectionTimes& times,
                                              std::shared_ptr<runtime::WakeFd> wake) {
  auto attempt = std::make_shared<Connecting>();
  std::thread([attempt, broker, times, wake = std::move(wake)] {
    pthread_setname_np(pthread_self(), "rabbit-connect");
    auto opened = Connection::open(broker, times);
    *attempt->opened_.lock() = std::move(opened);
    wake->raise();
  }).detach();
  return attempt;
}

std::optional<Connection::Opened> Connecting::take() {
  return std::exchange(*opened_.lock(), std::nullopt);
}

}  // namespace lull::rabbit
