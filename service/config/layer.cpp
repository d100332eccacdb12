#include "layer.hpp"

#include "setting_text.hpp"

#include <lull/text/ascii.hpp>

namespace lull::config {

void Layer::set(RawValue value) {
  auto key = text::lowerCase(value.key);
  values_.insert_or_assign(std::move(key), std::move(value));
}

void Layer::erase(std::string_view key) {
  const std::string lower = text::lowerCase(key);
  values_.erase(lower);
  const std::string prefix = lower + ":";
  auto at = values_.lower_bound(prefix);
  while (at != values_.end() && at->first.starts_with(prefix)) at = values_.erase(at);
}

}  // namespace lull::config
