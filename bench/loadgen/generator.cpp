#include "loadgen/generator.hpp"

#include "common/clock.hpp"
#include "common/cpu_time.hpp"

#include <algorithm>
#include <stdexcept>

namespace lull::bench {
namespace {

std::int64_t nanoseconds(double seconds) {
  return static_cast<std::int64_t>(seconds * 1e9);
}

}  // namespace

Generator::Generator(const LoadOptions& options) : options_(options), requests_(options), report_(options) {
  for (const auto& target : options.targets) {
    const auto colon = target.rfind(':');
    if (colon == std::string::npos) {
      throw std::runtime_error("target is not host:port: " + target);
    }
    targets_.push_back({target.substr(0, colon), static_cast<std::uint16_t>(std::stoul(target.substr(colon + 1)))});
  }
  for (std::size_t i = 0; i < options.connections; ++i) {
    connections_.push_back(std::make_unique<Connection>(poller_, i));
  }
}

void Generator::openConnection(std::size_t index) {
  const auto& target = targets_[index % targets_.size()];
  connections_[index]->open(target.address, target.port);
}

void Generator::connectAll() {
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    openConnection(i);
  }
  const auto deadline = monotonicNs() + nanoseconds(5);
  while (idle_.size() < connections_.size()) {
    if (monotonicNs() > deadline) {
      throw std::runtime_error("the server does not accept the connections");
    }
    for (const auto& event : poller_.wait(nanoseconds(0.1))) {
      if (connections_[event.data.u64]->onEvents(event.events) != Connection::Event::kReady) {
        throw std::runtime_error("connection refused");
      }
      idle_.push_back(event.data.u64);
    }
  }
}

Report Generator::run() {
  connectAll();
  report_.begin(monotonicNs(), nanoseconds(options_.warmup));
  startNs_ = monotonicNs();
  progressNs_ = startNs_;
  for (auto now = startNs_; wantsMore(now) || inFlight_ > 0; now = monotonicNs()) {
    sendDue(now);
    // Counted from the last sign of life, so that a server which stops answering ends the load.
    if (inFlight_ > 0 && now > progressNs_ + nanoseconds(options_.grace)) {
      break;
    }
    for (const auto& event : poller_.wait(timeoutNs(now))) {
      handle(event.data.u64, event.events);
    }
  }
  report_.end(monotonicNs(), inFlight_);
  return std::move(report_);
}

bool Generator::wantsMore(std::int64_t now) const {
  if (options_.requests != 0 && scheduled_ >= options_.requests) {
    return false;
  }
  if (options_.duration <= 0) {
    return true;
  }
  // In open loop every request of the schedule is sent, however late, or the slow ones would be left out.
  const auto at = options_.rate > 0 ? dueNs(scheduled_) : now;
  return at < startNs_ + nanoseconds(options_.duration);
}

std::int64_t Generator::dueNs(std::uint64_t request) const {
  return startNs_ + static_cast<std::int64_t>(static_cast<double>(request) * 1e9 / options_.rate);
}

std::int64_t Generator::timeoutNs(std::int64_t now) const {
  constexpr std::int64_t kLongest = 50'000'000;
  if (options_.rate <= 0 || idle_.empty() || !wantsMore(now)) {
    return kLongest;
  }
  return std::clamp<std::int64_t>(dueNs(scheduled_) - now, 0, kLongest);
}

void Generator::sendDue(std::int64_t now) {
  while (!idle_.empty() && wantsMore(now) && (options_.rate <= 0 || dueNs(scheduled_) <= now)) {
    sendOne(now);
  }
}

void Generator::sendOne(std::int64_t now) {
  const auto index = idle_.back();
  idle_.pop_back();
  auto& connection = *connections_[index];
  Connection::Request request;
  request.item = requests_.append(index % targets_.size(), connection.outgoing());
  request.sentNs = options_.rate > 0 ? monotonicNs() : now;
  request.scheduledNs = options_.rate > 0 ? dueNs(scheduled_) : request.sentNs;
  ++scheduled_;
  ++inFlight_;
  progressNs_ = request.sentNs;
  if (!connection.send(request)) {
    onLost(index);
  }
}

void Generator::handle(std::size_t index, std::uint32_t events) {
  auto& connection = *connections_[index];
  if (!connection.isOpen()) {
    return;
  }
  switch (connection.onEvents(events)) {
    case Connection::Event::kNothing:
      break;
    case Connection::Event::kReady:
      idle_.push_back(index);
      break;
    case Connection::Event::kResponse:
      onResponse(index, monotonicNs());
      break;
    case Connection::Event::kLost:
      onLost(index);
      break;
  }
}

void Generator::onResponse(std::size_t index, std::int64_t now) {
  const auto& connection = *connections_[index];
  --inFlight_;
  progressNs_ = now;
  report_.response(connection.request(), connection.status(), now);
  if (connection.isOpen()) {
    idle_.push_back(index);
  } else {
    reopen(index);
  }
}

void Generator::onLost(std::size_t index) {
  auto& connection = *connections_[index];
  if (connection.busy()) {
    --inFlight_;
    report_.failure();
  } else {
    std::erase(idle_, index);
  }
  connection.shut();
  reopen(index);
}

void Generator::reopen(std::size_t index) {
  report_.reconnect();
  openConnection(index);
}

}  // namespace lull::bench
