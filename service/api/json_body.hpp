#pragma once

#include "input_errors.hpp"
#include "reply.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace lull::api {

inline constexpr int kMaxJsonDepth = 64;
/// A tree takes up to thirty times the bytes of its text; no body of ours needs a tenth of this.
inline constexpr std::size_t kMaxJsonValues = 10'000;

/// Reads a JSON text (RFC 8259) into a tree: strict UTF-8, at most 64 levels and 10,000 values, no member twice.
/// nullopt after noting what is wrong; nothing of the text itself is repeated, as it may hold a secret.
std::optional<Json> parseJson(std::string_view text, InputErrors& errors);

/// What to tell about a text that is not JSON.
std::string notJsonAt(std::size_t position);
inline constexpr std::string_view kTooDeep = "JSON is nested deeper than 64 levels.";

}  // namespace lull::api
