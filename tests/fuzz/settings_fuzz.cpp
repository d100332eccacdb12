#include "config/bind.hpp"
#include "config/cross_checks.hpp"
#include "config/json_layer.hpp"
#include "config/merge.hpp"
#include "fuzz.hpp"

/// appsettings.json as an operator might write it, read to the end: layers, binding, checks across keys, the output of
/// print-config. Whatever stands there, each problem and warning is one line.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lull::config;
  Findings findings;
  std::vector<Layer> layers(1);
  addJson({reinterpret_cast<const char*>(data), size}, "appsettings.json", layers.front(), findings);
  auto bound = bind(mergeLayers(layers), findings);
  resolveAndCheck(bound, findings);
  for (const auto& texts : {findings.problems, findings.warnings}) {
    for (const auto& text : texts) {
      lull::fuzz::require(text.find('\n') == std::string::npos, "a finding is one line");
    }
  }
  static_cast<void>(renderConfig({bound.settings, {}, bound.lines}));
  return 0;
}
