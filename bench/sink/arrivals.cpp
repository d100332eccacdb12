#include "sink/arrivals.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>
#include <utility>

namespace lull::bench {

void Arrivals::add(const Arrival& arrival) {
  if (requests_ == 0) {
    firstNs_ = arrival.firstByteNs;
  }
  lastNs_ = arrival.firstByteNs;
  ++requests_;
  if (arrival.endpoint >= byEndpoint_.size()) {
    byEndpoint_.resize(arrival.endpoint + 1);
  }
  ++byEndpoint_[arrival.endpoint];
  ++byStatus_[static_cast<std::size_t>(arrival.status) % byStatus_.size()];
  if (recording_) {
    arrivals_.push_back(arrival);
  }
  if (broken_.empty()) {
    return;
  }
  if (const auto found = broken_.find(arrival.item); found != broken_.end() && found->second == 0) {
    found->second = arrival.firstByteNs;
  }
}

void Arrivals::reset() {
  const bool recording = recording_;
  *this = Arrivals();
  recording_ = recording;
}

nlohmann::json Arrivals::counters() const {
  nlohmann::json statuses = nlohmann::json::object();
  for (std::size_t status = 0; status < byStatus_.size(); ++status) {
    if (byStatus_[status] != 0) {
      statuses[std::to_string(status)] = byStatus_[status];
    }
  }
  return {{"requests", requests_},
          {"statuses", statuses},
          {"firstNs", firstNs_},
          {"lastNs", lastNs_},
          {"recorded", arrivals_.size()}};
}

nlohmann::json Arrivals::perEndpoint() const {
  nlohmann::json result = nlohmann::json::object();
  for (std::size_t endpoint = 0; endpoint < byEndpoint_.size(); ++endpoint) {
    if (byEndpoint_[endpoint] != 0) {
      result[std::to_string(endpoint)] = byEndpoint_[endpoint];
    }
  }
  return result;
}

nlohmann::json Arrivals::broken() const {
  nlohmann::json result = nlohmann::json::object();
  for (const auto& [item, repeatedNs] : broken_) {
    result[std::to_string(item)] = repeatedNs;
  }
  return result;
}

std::size_t Arrivals::distinct() const {
  std::vector<std::pair<std::uint32_t, std::int64_t>> keys;
  keys.reserve(arrivals_.size());
  for (const auto& arrival : arrivals_) {
    if (arrival.status >= 200 && arrival.status < 300) {
      keys.emplace_back(arrival.endpoint, arrival.item);
    }
  }
  std::sort(keys.begin(), keys.end());
  return static_cast<std::size_t>(std::unique(keys.begin(), keys.end()) - keys.begin());
}

bool Arrivals::dump(const std::string& path) const {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "w"), &std::fclose);
  if (!file) {
    return false;
  }
  for (const auto& a : arrivals_) {
    std::fprintf(file.get(), "%lld %u %d %lld\n", static_cast<long long>(a.item), a.endpoint, a.status,
                 static_cast<long long>(a.firstByteNs));
  }
  return std::fflush(file.get()) == 0;
}

std::int64_t itemOf(std::string_view body) {
  for (const std::string_view name : {"\"ItemId\":", "\"AssetId\":"}) {
    const auto at = body.find(name);
    if (at != std::string_view::npos) {
      const auto digits = body.substr(at + name.size());
      std::int64_t item = -1;
      std::from_chars(digits.data(), digits.data() + digits.size(), item);
      return item;
    }
  }
  return -1;
}

}  // namespace lull::bench
