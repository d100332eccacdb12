#pragma once

#include <lull/api/journal.hpp>

namespace lull::app {

/// The API's request and audit lines, written to the process's log. Thread-safe.
class LogJournal : public api::Journal {
 public:
  bool wantsRequests() const override;
  void request(const api::RequestLine& line) override;
  void audit(const api::AuditLine& line) override;
  void keys(const api::KeyLine& line) override;
  std::uint64_t linesLost() const override;
  void secretDropped(std::string_view endpointId) override;
  void defect(std::string_view route, std::string_view traceId, std::string_view what) override;
};

}  // namespace lull::app
