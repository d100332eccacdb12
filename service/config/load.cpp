#include "bind.hpp"
#include "cross_checks.hpp"
#include "merge.hpp"
#include "setting_text.hpp"
#include "sources.hpp"

#include <lull/config/load.hpp>
#include <lull/text/printable.hpp>

namespace lull::config {
namespace {

/// One text for everything, warnings included: a mistyped key often is why another one is missing.
Error failure(const Findings& findings) {
  const std::size_t count = findings.problems.size();
  std::string message =
      "The settings are not valid (" + std::to_string(count) + (count == 1 ? " problem):" : " problems):");
  for (const std::string& problem : findings.problems) message += "\n  error: " + problem;
  for (const std::string& warning : findings.warnings) message += "\n  warning: " + warning;
  return {ErrorCode::InvalidInput, std::move(message)};
}

}  // namespace

LoadOutcome load(const LoadInput& input) {
  Findings findings;
  const Sources sources = readSources(input, findings);
  Bound bound = bind(mergeLayers(sources.layers), findings);
  bound.settings.environment = sources.environmentName;
  // With a file missing from the picture, checks across keys would report things that are not so.
  if (!findings.sourceUnreadable) resolveAndCheck(bound, findings);
  if (!findings.problems.empty()) return failure(findings);
  return LoadedSettings{std::move(bound.settings), std::move(findings.warnings), std::move(bound.lines)};
}

std::string renderConfig(const LoadedSettings& loaded) {
  std::string text;
  for (const ConfigLine& line : loaded.lines) {
    text += text::printable(line.key) + " = " + text::printable(line.value) + "  (" + line.source + ")\n";
  }
  return text;
}

}  // namespace lull::config
