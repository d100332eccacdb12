#pragma once

#include <lull/domain/result.hpp>
#include <lull/domain/time.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lull::ports {

enum class SourceState : std::uint8_t { Waiting, Running, Failing };
inline constexpr std::array<std::string_view, 3> kSourceStates{"waiting", "running", "failing"};

constexpr std::string_view toString(SourceState state) {
  return kSourceStates.at(static_cast<std::size_t>(state));
}
constexpr std::optional<SourceState> parseSourceState(std::string_view text) {
  for (std::size_t i = 0; i < kSourceStates.size(); ++i) {
    if (kSourceStates.at(i) == text) return static_cast<SourceState>(i);
  }
  return std::nullopt;
}

/// A source as the settings name it.
struct SourceName {
  std::string name;
  std::string type;  ///< "Outbox", "RabbitMq"
};

/// What is known of a source in the whole fleet.
struct SourceStatus {
  std::string name;
  std::string type;
  SourceState state = SourceState::Waiting;
  std::optional<Instant> lastRunAt{};  ///< when a run last ended, well or not
  std::string lastError{};             ///< of the last run; empty: it had none
  std::uint64_t admitted = 0;          ///< rows and messages whose event was admitted and that were removed
  std::uint64_t failures = 0;          ///< runs that ended with an error
  std::uint64_t setAside = 0;          ///< rows and messages that are no valid events
  /// How long the oldest row or message has waited that was seen and not admitted yet; absent: nobody knows.
  std::optional<Millis> lag{};
};

/// Sources, as operators see them: the same on every replica. Thread-safe.
class Sources {
 public:
  virtual ~Sources() = default;
  /// All that the settings name, in their order.
  virtual Result<std::vector<SourceStatus>> list() = 0;
  /// Whichever replica works for the source begins a run at once. NotFound when there is no source of that name.
  virtual Status run(const std::string& name) = 0;
};

inline Error noSuchSource() {
  return {ErrorCode::NotFound, "There is no source of that name; GET /sources lists them."};
}

/// Whether this process works for a source, and how often somebody has asked for a run so far.
struct SourceTurn {
  bool ours = false;
  std::uint64_t asked = 0;
};

/// What happened since the last note.
struct SourceNote {
  SourceState state = SourceState::Waiting;
  bool ended = false;  ///< a run has ended now
  std::string error{};
  std::uint64_t admitted = 0;
  std::uint64_t failures = 0;
  std::uint64_t setAside = 0;
  bool empty = false;               ///< nothing waits
  bool unknown = false;             ///< nobody knows since when the oldest waits
  std::optional<Instant> oldest{};  ///< since when the oldest waits. None of the three: what was known stays
};

/// The work for sources, for the loops that do it. A process holds a source by a lease of `kSourceLease`, which take()
/// renews. Thread-safe.
class SourceWork {
 public:
  virtual ~SourceWork() = default;
  /// Takes those sources that nobody holds, and renews the leases of its own. The answer is in the order of `names`.
  virtual Result<std::vector<SourceTurn>> take(const std::vector<std::string>& names) = 0;
  /// Gives them up, so that another process need not wait for the end of the lease.
  virtual Status release(const std::vector<std::string>& names) = 0;
  /// false: this process does not hold the source any more, and nothing was noted.
  virtual Result<bool> note(const std::string& name, const SourceNote& note) = 0;
};

inline constexpr Millis kSourceLease{2000};

}  // namespace lull::ports
