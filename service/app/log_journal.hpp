#pragma once

#include <lull/api/journal.hpp>
#include <lull/auth/key_journal.hpp>

namespace lull::app {

/// The request and audit lines of the API and those about keys, written to the process's log. Thread-safe.
class LogJournal : public api::Journal, public auth::KeyJournal {
 public:
  bool wantsRequests() const override;
  void request(const api::RequestLine& line) override;
  void audit(const api::AuditLine& line) override;
  void keys(const auth::KeyLine& line) override;
  std::uint64_t linesLost() const override;
  void secretDropped(std::string_view endpointId) override;
  void defect(std::string_view route, std::string_view traceId, std::string_view what) override;
};

}  // namespace lull::app
