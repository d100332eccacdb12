#pragma once

#include <cstdint>

namespace lull::ports {

/// The sign of life that this process gives in the store. Leases name their process by its slot; when its sign is gone
/// for long enough, others take its leases over. Thread-safe; no call does I/O.
class LifeSign {
 public:
  virtual ~LifeSign() = default;
  /// The number that names this process in the leases it takes now; 0 before it has given a sign.
  virtual std::uint32_t slot() const = 0;
  /// Whether an attempt under a lease of this slot may start now: the slot is still ours, and the store confirmed our
  /// sign so short a time ago that nobody can have taken the lease over.
  virtual bool covers(std::uint32_t slot) const = 0;
  /// Whether it is worth claiming anything now.
  bool lives() const { return covers(slot()); }
};

}  // namespace lull::ports
