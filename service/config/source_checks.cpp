#include "source_checks.hpp"

#include <lull/text/ascii.hpp>

#include <map>
#include <string>

namespace lull::config {

void checkSources(Checks& checks) {
  std::map<std::string, std::string> owners;
  const auto& sources = checks.bound().settings.sources;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const auto prefix = "Sources:" + checks.bound().sourceIndexes[i];
    const auto nameKey = prefix + ":Name";
    if (checks.present(nameKey)) {
      // Names differ in more than case, so that nobody takes one for another.
      checks.once(owners, text::lowerCase(sources[i].name), nameKey);
    }
    const auto typeKey = prefix + ":Type";
    if (!checks.present(typeKey)) continue;
    if (sources[i].type == SourceType::RabbitMq) {
      checks.problem(typeKey, "comes with a later version of Lull; allowed: Outbox");
    } else {
      (void)checks.present(prefix + ":ConnectionString");
    }
  }
}

}  // namespace lull::config
