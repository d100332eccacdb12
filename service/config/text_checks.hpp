#pragma once

#include <lull/domain/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

/// Checks of single values. A check gives "" or what is wrong, in words that follow the key and the value.
namespace lull::config {

inline constexpr const char* kNameForm = "1-200 characters of A-Z a-z 0-9 . _ -";
inline constexpr const char* kRoleNames =
    "Integration_Endpoints_View, Integration_Endpoints_CRUD, Integration_Endpoints_Own, Integration_Events_Publish, "
    "Integration_Events_Receive";

inline constexpr const char* kLabelForm = "1-100 characters";
inline constexpr const char* kTemplateForm = "JSON whose strings may hold {placeholders}, see docs/formats.md";
inline constexpr const char* kMediaTypeForm = "a media type such as application/json";

/// A value that is not accepted, and why.
inline Error wrong(std::string message) {
  return {ErrorCode::InvalidInput, std::move(message)};
}

std::string checkNotEmpty(std::string_view text);
/// Free text of 1-100 bytes.
std::string checkLabel(std::string_view text);
std::string checkName(std::string_view text);
/// "type/subtype" with parameters or without (RFC 9110 section 8.3.1).
std::string checkMediaType(std::string_view text);
std::string checkKeyPrefix(std::string_view text);
std::string checkConnectionString(std::string_view text);
/// True for what somebody gave in place of the name of a file that holds it: PEM, base64 with its padding, or 64 hex
/// digits.
bool looksLikeKey(std::string_view text);
/// Success can be narrowed, not widened.
std::string checkSuccess(std::string_view text);

/// "/a/b" without the slash at the end.
Result<std::string> parsePathBase(std::string_view text);
/// 64 hex digits, in lower case.
Result<std::string> parseSha256(std::string_view text);
/// Bytes as redis.conf writes them: "1048576", "512mb", "1g"; units k, m, g of 1000 and kb, mb, gb of 1024, without
/// case. 0, or 1mb and more.
Result<std::uint64_t> parseMemorySize(std::string_view text);
/// The role in its exact spelling; case does not matter here.
Result<std::string> parseRole(std::string_view text);

}  // namespace lull::config
