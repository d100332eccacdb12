#include "format_checks.hpp"

#include "text_checks.hpp"

#include <lull/formats/formats.hpp>
#include <lull/text/ascii.hpp>
#include <lull/text/printable.hpp>

#include <map>
#include <string>

namespace lull::config {

namespace {

void checkBody(Checks& checks, const std::string& key, const std::string& body) {
  const auto read = formats::readTemplate(body, checks.bound().settings.formatValues);
  if (read) return;
  for (const auto& [pointer, detail] : read.error().fields) {
    const auto place = pointer.empty() ? std::string() : "at " + text::printable(pointer) + ": ";
    // The sentence goes on, so it loses its full stop.
    const auto sentence = text::printable(detail.substr(0, detail.size() - 1));
    checks.problem(key, place + sentence + "; allowed: " + kTemplateForm);
  }
}

}  // namespace

void checkFormats(Checks& checks) {
  std::map<std::string, std::string> owners;
  const auto& own = checks.bound().settings.formats;
  for (std::size_t i = 0; i < own.size(); ++i) {
    const auto prefix = "Formats:" + checks.bound().formatIndexes[i];
    const auto nameKey = prefix + ":Name";
    if (checks.present(nameKey)) {
      // Names differ in more than case, so that nobody takes one for another.
      if (formats::isBuiltIn(own[i].name)) checks.problem(nameKey, "is a built-in format; allowed: another name");
      checks.once(owners, text::lowerCase(own[i].name), nameKey);
    }
    const auto bodyKey = prefix + ":Body";
    if (checks.present(bodyKey)) checkBody(checks, bodyKey, own[i].body);
  }
}

}  // namespace lull::config
