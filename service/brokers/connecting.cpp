#include "connecting.hpp"

#include <lull/brokers/wire.hpp>

#include <pthread.h>

#include <exception>
#include <thread>
#include <utility>

namespace lull::brokers {

namespace {

// Nobody is there for what is thrown, which would end the process.
Opened outcomeOf(const std::function<Opened()>& open) {
  try {
    return open();
  } catch (const std::exception& thrown) {
    return Loss{"The broker cannot be connected to: " + std::string(thrown.what()) + ".", FailureClass::Local};
  } catch (...) {
    return Loss{"The broker cannot be connected to.", FailureClass::Local};
  }
}

}  // namespace

std::shared_ptr<Connecting> Connecting::begin(const std::string& threadName, std::function<Opened()> open,
                                              std::shared_ptr<runtime::WakeFd> wake) {
  auto attempt = std::make_shared<Connecting>();
  std::thread([attempt, name = threadName + "-connect", open = std::move(open), wake = std::move(wake)] {
    pthread_setname_np(pthread_self(), name.c_str());
    blockBrokenPipes();
    auto opened = outcomeOf(open);
    *attempt->opened_.lock() = std::move(opened);
    wake->raise();
  }).detach();
  return attempt;
}

std::optional<Opened> Connecting::take() {
  return std::exchange(*opened_.lock(), std::nullopt);
}

}  // namespace lull::brokers
