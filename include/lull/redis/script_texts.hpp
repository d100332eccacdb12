#pragma once

#include <span>
#include <string_view>

namespace lull::redis {

/// One Lua script of service/redis/scripts, as it was when the binary was built. `name` is the file's name without
/// `.lua`; `text` is what Redis gets, with every `--@include` line replaced by the file it names.
/// Both views point into the binary: valid for the whole life of the process.
struct ScriptText {
  std::string_view name;
  std::string_view text;
};

/// All embedded scripts. Thread-safe: the table is constant.
std::span<const ScriptText> scriptTexts();

}  // namespace lull::redis
