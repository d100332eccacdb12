#pragma once

#include "layer.hpp"
#include "setting_text.hpp"

#include <lull/config/settings.hpp>
#include <lull/text/ascii.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lull::config {

/// Where a rule puts what it read. `index` is the position in the list of objects for a key with "{i}", `inner` that in
/// the list within such an object for one with "{j}", `name` what stands in place of "{category}", "{name}" or
/// "{topic}".
struct RuleTarget {
  Settings& settings;
  std::size_t index = 0;
  std::size_t inner = 0;
  std::string name{};
};

/// The remarks of a rule about one value, in words that follow the key and the value. Both are empty when the value is
/// good.
struct Remark {
  std::string problem;
  std::string warning;
};

/// Takes the values of one key (one value, or the entries of a list) and gives one remark per value.
using ReadValues = std::function<std::vector<Remark>(const std::vector<std::string>&, RuleTarget&)>;

/// How the text of a key is read and checked. `type` and `allowed` are shown to people.
struct Rule {
  std::string type;
  std::string allowed;
  bool isList = false;
  std::string separators = ",";      ///< of the one-string form of a list
  bool ignoresEmptyEntries = false;  ///< of the one-string form of a list: "a;" holds one entry
  ReadValues read;
};

template <class V>
using Setter = std::function<void(RuleTarget&, V)>;

/// The member that a path of member pointers leads to: a left fold over ".*".
template <class... Path>
auto& memberOf(Settings& settings, Path... path) {
  return (settings.*....*path);
}

/// A setter for a member of Settings: put(&Settings::delivery, &DeliverySettings::timeout).
template <class... Path>
auto put(Path... path) {
  return [=](RuleTarget& target, auto value) {
    auto& slot = memberOf(target.settings, path...);
    slot = static_cast<std::remove_reference_t<decltype(slot)>>(std::move(value));
  };
}

/// A setter that appends to a list member of Settings.
template <class... Path>
auto append(Path... path) {
  return [=](RuleTarget& target, auto value) { memberOf(target.settings, path...).push_back(std::move(value)); };
}

Rule duration(Setter<Millis> set, Millis min, Millis max);
Rule integer(Setter<std::int64_t> set, std::int64_t min, std::int64_t max);
Rule number(Setter<double> set, double min, double max);
Rule boolean(Setter<bool> set);

/// A text for which `check` says "" or what is wrong.
using TextCheck = std::function<std::string(std::string_view)>;
Rule text(Setter<std::string> set, std::string allowed, TextCheck check = {});

/// A file that can be opened for reading now.
Rule readableFile(Setter<std::string> set);

/// A value that a parser reads into its canonical form.
template <class V>
Rule parsed(Setter<V> set, std::string type, std::string allowed, std::function<Result<V>(std::string_view)> parse) {
  auto read = [set = std::move(set), parse = std::move(parse)](const std::vector<std::string>& values,
                                                               RuleTarget& target) {
    std::vector<Remark> remarks;
    remarks.reserve(values.size());
    for (const std::string& value : values) {
      auto result = parse(trimmed(value));
      remarks.push_back({result ? "" : result.error().message, ""});
      if (result) set(target, std::move(*result));
    }
    return remarks;
  };
  return {std::move(type), std::move(allowed), false, ",", false, std::move(read)};
}

/// One of a few names, compared without case.
template <class E>
Rule choice(Setter<E> set, std::vector<std::pair<std::string, E>> names) {
  std::vector<std::string> allowed;
  allowed.reserve(names.size());
  for (const auto& [name, value] : names) allowed.push_back(name);
  auto parse = [names = std::move(names)](std::string_view text) -> Result<E> {
    for (const auto& [name, value] : names) {
      if (text::equalsIgnoringCase(name, text)) return value;
    }
    return Error{ErrorCode::InvalidInput, "is unknown"};
  };
  return parsed<E>(std::move(set), "name", join(allowed, ", "), std::move(parse));
}

/// A list whose entries each follow `entry`; `set` appends one.
Rule listOf(Rule entry, std::string separators = ",");

/// A list in which entries between two separators may be empty, as in Kestrel's Urls; they are left out.
Rule ignoringEmptyEntries(Rule list);

Rule statuses(Setter<StatusSet> set, std::string allowed, TextCheck check = {});

}  // namespace lull::config
