#pragma once

#include "rules.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace lull::config {

/// How a value is shown to people.
enum class Secrecy {
  Open,
  Hidden,
  ConnectionString,  ///< its password is hidden
  Url,               ///< its user info is hidden
  BrokerUrl,         ///< its password is hidden
  FileName,          ///< hidden where somebody gave the key itself
};

/// One key of appsettings. This table is the only place that knows the keys: reading, defaults, checks, unknown-key
/// warnings, `print-config` and the table in docs/configuration.md all come from it.
struct KeyRow {
  std::string key;          ///< "Authentication:ApiKeys:{i}:Name"; {i} and {j} are indexes, others any one segment
  std::string defaultText;  ///< read like a given value; empty: unset (an empty value is then allowed)
  std::string defaultNote;  ///< said in place of an empty default
  Rule rule;
  Secrecy secrecy = Secrecy::Open;
  std::string help;

  bool isPattern() const { return key.find('{') != std::string::npos; }
};

/// Built once, constant afterwards; safe from any thread.
const std::vector<KeyRow>& keyRows();

/// A concrete key found in the table.
struct KeyMatch {
  const KeyRow* row = nullptr;
  std::vector<std::string> wildcards;  ///< what stands in place of the parts in braces
  bool isListEntry = false;            ///< the key is "<row>:<index>" of a list
  explicit operator bool() const { return row != nullptr; }
};

/// Case does not matter.
KeyMatch matchKey(std::string_view key);

/// True when the key lies in one of our sections, or is one of our keys. A bare section name is not ours: an
/// environment variable may well be called EVENTS.
bool isOurs(std::string_view key);

/// The known key with the least edit distance, with indexes as in `key`.
std::string nearestKey(std::string_view key);

/// The value as it may be shown.
std::string shownValue(const KeyRow& row, std::string_view text);

}  // namespace lull::config
