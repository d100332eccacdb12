#pragma once

#include <lull/ports/life_sign.hpp>

namespace lull::testing {

/// A process whose sign of life never runs out.
class FixedSign : public ports::LifeSign {
 public:
  explicit FixedSign(std::uint32_t slot = 7) : slot_(slot) {}
  std::uint32_t slot() const override { return slot_; }
  bool covers(std::uint32_t slot) const override { return slot == slot_; }

 private:
  const std::uint32_t slot_;
};

}  // namespace lull::testing
