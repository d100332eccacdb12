#include "model/steps.hpp"

namespace lull::model {

namespace {

struct OpRow {
  std::string_view name;
  std::uint32_t weight;
};
constexpr std::array<OpRow, kOps> kRows{{
    {"admit", 16},        {"admit-lagging", 2},  {"fire", 14},        {"claim", 18},        {"complete", 6},
    {"reschedule", 8},    {"retry-after", 3},    {"bury", 7},         {"bury-unsent", 2},   {"release", 3},
    {"gone", 2},          {"refused", 2},        {"late-settle", 4},  {"pause", 3},         {"resume", 4},
    {"mask", 3},          {"recreate", 1},       {"retry-letter", 2}, {"retry-letters", 2}, {"purge-letter", 1},
    {"purge-letters", 1}, {"expire-letters", 1}, {"retry-queue", 2},  {"purge-queue", 1},   {"flush", 4},
    {"advance", 16},      {"restart", 1},
}};

}  // namespace

std::string_view nameOf(Op op) {
  return kRows[static_cast<std::size_t>(op)].name;
}

Op drawOp(Random& random) {
  static const std::uint32_t total = [] {
    std::uint32_t sum = 0;
    for (const auto& row : kRows) sum += row.weight;
    return sum;
  }();
  std::uint32_t drawn = below(random, total);
  std::size_t op = 0;
  while (drawn >= kRows[op].weight) drawn -= kRows[op++].weight;
  return static_cast<Op>(op);
}

Rules drawRules(Random& random) {
  const auto oneOf = [&](auto... values) {
    const std::array all{values...};
    return all[below(random, all.size())];
  };
  Rules rules;
  rules.interval = oneOf(Ms{5000}, Ms{5000}, Ms{5000}, Ms{0});
  rules.maxWait = oneOf(Ms{12'000}, Ms{12'000}, Ms{5000});
  rules.breakerFailures = oneOf(1U, 2U, 3U, 0U);
  rules.maxLetters = oneOf(100U, 100U, 1U, 2U);
  rules.firstRetryDelay = oneOf(Ms{5000}, Ms{60'000});
  return rules;
}

}  // namespace lull::model
