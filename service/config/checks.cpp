#include "checks.hpp"

#include "setting_text.hpp"

#include <lull/text/ascii.hpp>

#include <algorithm>

namespace lull::config {

bool Checks::valid(std::initializer_list<std::string_view> keys) const {
  return std::none_of(keys.begin(), keys.end(),
                      [this](std::string_view key) { return bound_.invalid.contains(text::lowerCase(key)); });
}

bool Checks::present(const std::string& key) {
  if (!valid({key})) return false;
  const ConfigLine* line = bound_.line(key);
  if (line != nullptr && !line->value.empty()) return true;
  findings_.problems.push_back(key + ": is missing");
  return false;
}

void Checks::problem(const std::string& key, const std::string& what) {
  findings_.problems.push_back(described(key, what));
}

void Checks::warning(const std::string& key, const std::string& what) {
  findings_.warnings.push_back(described(key, what));
}

std::string Checks::described(const std::string& key, const std::string& what) {
  const ConfigLine* line = bound_.line(key);
  return line == nullptr ? key + ": " + what : describe(line->key, line->value, line->source, what);
}

}  // namespace lull::config
