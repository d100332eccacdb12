#pragma once

#include <lull/domain/page.hpp>
#include <lull/domain/result.hpp>
#include <lull/domain/time.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lull::ports {

/// What kind of thing a person should look at. The words of `GET /alerts` are made of these (toString).
enum class AlertKind {
  EndpointOpen,    ///< "endpoint-open": a breaker opened
  EndpointPaused,  ///< "endpoint-paused": paused by something else than an operator
  FirstLetter,     ///< "first-letter": the first dead letter of an endpoint that had none
  Missed,          ///< "missed": an endpoint at its cap took nothing more
  Unreadable,      ///< "unreadable": a stored value that cannot be read was set aside
  Clock,           ///< "clock": a clock stepped or is off
  RegistryLost,    ///< "registry-lost": the store was emptied under running processes
  Source,          ///< "source"
  Broker,          ///< "broker"
};

inline constexpr std::array<std::string_view, 9> kAlertKinds{"endpoint-open", "endpoint-paused", "first-letter",
                                                             "missed",        "unreadable",      "clock",
                                                             "registry-lost", "source",          "broker"};

constexpr std::string_view toString(AlertKind kind) {
  return kAlertKinds.at(static_cast<std::size_t>(kind));
}
constexpr std::optional<AlertKind> parseAlertKind(std::string_view text) {
  for (std::size_t i = 0; i < kAlertKinds.size(); ++i) {
    if (kAlertKinds.at(i) == text) return static_cast<AlertKind>(i);
  }
  return std::nullopt;
}

/// One entry per (kind, subject): a repetition increases its count and renews its time and sentence.
struct Alert {
  Instant at;  ///< of the latest
  AlertKind kind = AlertKind::Unreadable;
  std::string subject;   ///< an id or a name, at most 200 bytes; never a secret
  std::string sentence;  ///< says what happened and what to do
  std::uint64_t count = 1;
};

/// Takes what a person should look at, from the loops. Thread-safe.
class Alerts {
 public:
  virtual ~Alerts() = default;
  /// Never fails and never blocks: while the store is away the alert is kept in this process and written later. Also
  /// writes a Warning line.
  virtual void raise(AlertKind kind, std::string subject, std::string sentence) = 0;
};

/// The operator's view: the last 500, newest first. Thread-safe.
class AlertView {
 public:
  virtual ~AlertView() = default;
  virtual Result<Page<Alert>> list(const PageRequest& page) = 0;
};

}  // namespace lull::ports
