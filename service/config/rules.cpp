#include "rules.hpp"

#include "text_checks.hpp"

#include <array>
#include <charconv>
#include <fstream>

namespace lull::config {
namespace {

std::string numberText(double number) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
  return {text.data(), error == std::errc() ? end : text.data()};
}

template <class N>
bool readNumber(std::string_view text, N& number) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

Rule duration(Setter<Millis> set, Millis min, Millis max) {
  auto read = [set = std::move(set), min, max](const std::vector<std::string>& values, RuleTarget& target) {
    std::vector<Remark> remarks;
    for (const std::string& value : values) {
      TimeSpanReading reading = parseTimeSpan(trimmed(value));
      if (!reading.value) {
        remarks.push_back({std::move(reading.error), ""});
      } else if (*reading.value < Millis{0} || trimmed(value).starts_with('-')) {
        remarks.push_back({"is negative", ""});
      } else if (*reading.value < min || *reading.value > max) {
        remarks.push_back({"is out of range", std::move(reading.warning)});
      } else {
        remarks.push_back({"", std::move(reading.warning)});
        set(target, *reading.value);
      }
    }
    return remarks;
  };
  return {"duration", formatTimeSpan(min) + " to " + formatTimeSpan(max), false, ",", false, std::move(read)};
}

Rule integer(Setter<std::int64_t> set, std::int64_t min, std::int64_t max) {
  auto parse = [min, max](std::string_view text) -> Result<std::int64_t> {
    std::int64_t number = 0;
    if (!readNumber(text, number)) return wrong("is not a whole number");
    if (number < min || number > max) return wrong("is out of range");
    return number;
  };
  return parsed<std::int64_t>(std::move(set), "integer", std::to_string(min) + " to " + std::to_string(max), parse);
}

Rule number(Setter<double> set, double min, double max) {
  auto parse = [min, max](std::string_view text) -> Result<double> {
    double number = 0;
    if (!readNumber(text, number)) return wrong("is not a number");
    if (!(number >= min && number <= max)) return wrong("is out of range");
    return number;
  };
  return parsed<double>(std::move(set), "number", numberText(min) + " to " + numberText(max), parse);
}

Rule boolean(Setter<bool> set) {
  return choice<bool>(std::move(set), {{"true", true}, {"false", false}});
}

Rule text(Setter<std::string> set, std::string allowed, TextCheck check) {
  auto parse = [check = std::move(check)](std::string_view text) -> Result<std::string> {
    if (text.find_first_of(std::string_view("\0\r\n", 3)) != std::string_view::npos) return wrong("holds a line break");
    if (check) {
      if (std::string problem = check(text); !problem.empty()) return wrong(std::move(problem));
    }
    return std::string(text);
  };
  return parsed<std::string>(std::move(set), "text", std::move(allowed), std::move(parse));
}

Rule readableFile(Setter<std::string> set) {
  auto check = [](std::string_view path) -> std::string {
    std::ifstream file{std::string(path)};
    // Opening a directory succeeds; only reading from it fails. An empty file is at its end instead.
    if (!file && looksLikeKey(path)) return "is a key, it seems: write it into a file, and name that file here";
    if (!file) return "cannot be read";
    file.peek();
    return file.bad() ? "is not a file" : "";
  };
  return text(std::move(set), "path of a readable file", check);
}

Rule listOf(Rule entry, std::string separators) {
  entry.type = "list of " + entry.type + "s";
  entry.isList = true;
  entry.separators = std::move(separators);
  return entry;
}

Rule ignoringEmptyEntries(Rule list) {
  list.ignoresEmptyEntries = true;
  return list;
}

Rule statuses(Setter<StatusSet> set, std::string allowed, TextCheck check) {
  auto read = [set = std::move(set), check = std::move(check)](const std::vector<std::string>& values,
                                                               RuleTarget& target) {
    std::vector<Remark> remarks;
    std::vector<std::string> entries;
    for (const std::string& value : values) {
      entries.emplace_back(trimmed(value));
      const auto entry = StatusSet::parse(entries.back());
      remarks.push_back({!entry ? entry.error().message : check ? check(entries.back()) : "", ""});
    }
    if (auto all = StatusSet::parse(join(entries, ","))) set(target, *all);
    return remarks;
  };
  return {"list of statuses", std::move(allowed), true, ",", false, std::move(read)};
}

}  // namespace lull::config
