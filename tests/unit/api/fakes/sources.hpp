#pragma once

#include <lull/ports/sources.hpp>

#include <optional>
#include <string>
#include <vector>

namespace lull::api::testing {

/// One source that works well, and who has asked for a run of it.
class FakeSources final : public ports::Sources {
 public:
  FakeSources() {
    source.lastRunAt = *parseRfc3339("2026-11-23T21:19:06.123Z");
    source.admitted = 12045;
    source.failures = 2;
    source.setAside = 1;
    source.lag = Millis{0};
  }
  Result<std::vector<ports::SourceStatus>> list() override {
    if (failure) return *failure;
    return std::vector{source};
  }
  Status run(const std::string& name) override {
    if (failure) return *failure;
    if (name != source.name) return ports::noSuchSource();
    ++asked;
    return Done{};
  }

  ports::SourceStatus source{"crm", "Outbox"};
  int asked = 0;
  std::optional<Error> failure;
};

}  // namespace lull::api::testing
