#pragma once

#include "loadgen/item_source.hpp"
#include "loadgen/options.hpp"

#include <string>

namespace lull::bench {

/// Writes complete HTTP/1.1 requests. Everything that does not change from one to the next is prepared once.
class RequestBuilder {
 public:
  explicit RequestBuilder(const LoadOptions& options);

  /// Appends the next request to `out` and returns the first item id in it. `target` indexes the options' targets.
  std::uint64_t append(std::size_t target, std::string& out);

  [[nodiscard]] std::uint64_t eventsPerRequest() const { return eventsPerRequest_; }

 private:
  void appendEvent(std::uint64_t item);

  BodyKind kind_;
  std::uint64_t eventsPerRequest_;
  ItemSource items_;
  std::vector<std::string> heads_;  ///< Per target, up to and with `Content-Length: `.
  std::string beforeItem_;
  std::string afterItem_;
  std::string body_;
};

}  // namespace lull::bench
