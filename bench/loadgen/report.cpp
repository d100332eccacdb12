#include "loadgen/report.hpp"

#include "common/cpu_time.hpp"

#include <cstdio>
#include <memory>

namespace lull::bench {

void Report::begin(std::int64_t nowNs, std::int64_t warmupNs) {
  beginNs_ = nowNs;
  measureFromNs_ = nowNs + warmupNs;
  lastReplyNs_ = measureFromNs_;
  cpuAtBegin_ = processCpuSeconds();
}

void Report::response(const Connection::Request& request, int status, std::int64_t nowNs) {
  ++statuses_[status];
  if (status < 200 || status >= 300) {
    return;
  }
  ++succeeded_;
  if (!options_->sentLog.empty()) {
    sent_.push_back({request, nowNs});
  }
  if (nowNs >= measureFromNs_) {
    ++measured_;
    lastReplyNs_ = nowNs;
  }
  if (request.scheduledNs >= measureFromNs_) {
    latency_.record(nowNs - request.scheduledNs);
    serviceTime_.record(nowNs - request.sentNs);
    sendDelay_.record(request.sentNs - request.scheduledNs);
  }
}

void Report::end(std::int64_t nowNs, std::size_t unanswered) {
  endNs_ = nowNs;
  unanswered_ = unanswered;
  cpuSeconds_ = processCpuSeconds() - cpuAtBegin_;
}

nlohmann::json Report::toJson(std::uint64_t eventsPerRequest) const {
  nlohmann::json statuses = nlohmann::json::object();
  for (const auto& [status, count] : statuses_) {
    statuses[std::to_string(status)] = count;
  }
  const double seconds = static_cast<double>(lastReplyNs_ - measureFromNs_) / 1e9;
  const double rate = seconds > 0 ? static_cast<double>(measured_) / seconds : 0.0;
  return {{"succeeded", succeeded_},
          {"eventsSucceeded", succeeded_ * eventsPerRequest},
          {"statuses", statuses},
          {"failures", failures_},
          {"unanswered", unanswered_},
          {"reconnects", reconnects_},
          {"seconds", static_cast<double>(endNs_ - beginNs_) / 1e9},
          {"measuredSeconds", seconds},
          {"requestsPerSecond", rate},
          {"eventsPerSecond", rate * static_cast<double>(eventsPerRequest)},
          {"latencyMs", latency_.toJson()},
          {"serviceTimeMs", serviceTime_.toJson()},
          {"sendDelayMs", sendDelay_.toJson()},
          {"cpuSeconds", cpuSeconds_}};
}

bool Report::writeSentLog() const {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(options_->sentLog.c_str(), "w"), &std::fclose);
  if (!file) {
    return false;
  }
  for (const auto& [request, ackedNs] : sent_) {
    std::fprintf(file.get(), "%llu %lld %lld %lld\n", static_cast<unsigned long long>(request.item),
                 static_cast<long long>(request.scheduledNs), static_cast<long long>(request.sentNs),
                 static_cast<long long>(ackedNs));
  }
  return std::fflush(file.get()) == 0;
}

}  // namespace lull::bench
