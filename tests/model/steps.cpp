#include "model/steps.hpp"

namespace lull::model {

namespace {

struct OpRow {
  std::string_view name;
  std::uint32_t weight;
};
constexpr std::array<OpRow, kOps> kRows{{
    {"admit", 14},         {"admit-lagging", 3}, {"fire", 9},          {"fire-lease", 9},   {"claim", 22},
    {"complete", 10},      {"reschedule", 8},    {"retry-after", 4},   {"bury", 9},         {"bury-unsent", 3},
    {"release", 4},        {"gone", 2},          {"refused", 2},       {"settle-next", 12}, {"late-settle", 6},
    {"renew", 4},          {"pause", 3},         {"resume", 6},        {"mask", 3},         {"filter", 4},
    {"recreate", 1},       {"retry-letter", 3},  {"retry-letters", 2}, {"purge-letter", 2}, {"purge-letters", 1},
    {"expire-letters", 2}, {"retry-queue", 2},   {"purge-queue", 2},   {"flush", 7},        {"advance", 16},
    {"restart", 2},        {"fan", 18},          {"set-aside", 8},     {"skip-now", 5},     {"change-kind", 3},
}};

}  // namespace

std::string_view nameOf(Op op) {
  return kRows[static_cast<std::size_t>(op)].name;
}

Op drawOp(const Mixture& mixture, Random& random) {
  std::uint32_t total = 0;
  for (const auto weight : mixture.weights) total += weight;
  std::uint32_t drawn = below(random, total);
  std::size_t op = 0;
  while (drawn >= mixture.weights[op]) drawn -= mixture.weights[op++];
  return static_cast<Op>(op);
}

namespace {

bool isOfLanes(std::size_t op) {
  return op >= static_cast<std::size_t>(Op::Fan);
}

void drawLanes(Mixture& mixture, Random& random) {
  static constexpr std::array<std::uint64_t, 6> kMostQueued{1'000'000, 1'000'000, 1'000'000, 3, 2, 1'000'000};
  static constexpr std::array<std::uint64_t, 4> kMostBytes{1'000'000, 1'000'000, 1'000'000, 700};
  static constexpr std::array<std::size_t, 4> kBudgets{1000, 1, 2, 3};
  mixture.lanes = true;
  mixture.kind = static_cast<Kind>(below(random, 4));  // a debounced one may turn
  mixture.stop = mixture.kind == Kind::Endpoint && below(random, 2) == 0;
  mixture.rules.maxQueued = kMostQueued[below(random, kMostQueued.size())];
  mixture.rules.maxQueuedBytes = kMostBytes[below(random, kMostBytes.size())];
  mixture.rules.fanMessages = kBudgets[below(random, kBudgets.size())];
  mixture.weights[static_cast<std::size_t>(Op::Fan)] += 10;
}

}  // namespace

Mixture drawMixture(Random& random, bool lanes) {
  const auto oneOf = [&](auto... values) {
    const std::array all{values...};
    return all[below(random, all.size())];
  };
  Mixture mixture;
  auto& rules = mixture.rules;
  rules.interval = oneOf(Ms{5000}, Ms{0});
  rules.maxWait = oneOf(Ms{12'000}, Ms{12'000}, Ms{5000});
  rules.breakerFailures = oneOf(1U, 1U, 2U, 0U);
  rules.maxAge = oneOf(Ms{3'600'000}, Ms{3'600'000}, Ms{30'000});
  rules.maxLetters = oneOf(100U, 100U, 1U, 2U);
  rules.firstRetryDelay = oneOf(Ms{5000}, Ms{60'000});
  mixture.keys = oneOf(1U, 1U, 2U, 3U);
  for (std::size_t op = 0; op < kOps; ++op) {
    if (isOfLanes(op) && !lanes) continue;
    // What drives everything else is never left out.
    const auto factor = op <= static_cast<std::size_t>(Op::Claim) ? oneOf(1U, 2U, 3U) : oneOf(0U, 1U, 2U, 6U);
    mixture.weights[op] = kRows[op].weight * factor;
  }
  mixture.weights[static_cast<std::size_t>(Op::Advance)] += kRows[static_cast<std::size_t>(Op::Advance)].weight;
  if (lanes) drawLanes(mixture, random);
  return mixture;
}

}  // namespace lull::model
