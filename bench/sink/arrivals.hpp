#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lull::bench {

/// What the sink remembers of the POSTs it received. Counters are always kept; single arrivals only while recording,
/// because millions of them cost memory.
class Arrivals {
 public:
  struct Arrival {
    std::int64_t item;  ///< -1 when the body has no numeric ItemId.
    std::int64_t firstByteNs;
    std::uint32_t endpoint;
    std::int32_t status;
  };

  void add(const Arrival& arrival);
  /// The connection of a request for `item` ended before its answer was due, as it does when the sender is killed.
  void broke(std::int64_t item) { broken_.try_emplace(item, 0); }
  void setRecording(bool on) { recording_ = on; }
  void reset();

  /// `{requests, statuses, firstNs, lastNs, recorded}`
  [[nodiscard]] nlohmann::json counters() const;
  /// POSTs per endpoint number, without those that had none.
  [[nodiscard]] nlohmann::json perEndpoint() const;
  /// `{"<item>": ns, …}` of those that broke: the first byte of the next request for the item, 0 while none has come.
  [[nodiscard]] nlohmann::json broken() const;
  /// Different (endpoint, item) pairs among the recorded arrivals that were answered with a success.
  [[nodiscard]] std::size_t distinct() const;
  /// Writes one line `item endpoint status firstByteNs` per recorded arrival. False when the file cannot be written.
  [[nodiscard]] bool dump(const std::string& path) const;

 private:
  std::vector<Arrival> arrivals_;
  std::unordered_map<std::int64_t, std::int64_t> broken_;  ///< Item to the first byte of its repetition.
  std::vector<std::uint64_t> byEndpoint_;
  std::vector<std::uint64_t> byStatus_ = std::vector<std::uint64_t>(600);
  std::uint64_t requests_ = 0;
  std::int64_t firstNs_ = 0;
  std::int64_t lastNs_ = 0;
  bool recording_ = false;
};

/// The number after `"ItemId":` (or the older form's `"AssetId":`) in a notification, -1 when there is none.
std::int64_t itemOf(std::string_view body);

}  // namespace lull::bench
