#include "text_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>
#include <system_error>

namespace lull::config {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{4} * 1024 * 1024;
constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

/// What Windows editors call "Unicode". It has a mark, or a zero byte beside the first character.
bool isUtf16(std::string_view text) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) return true;
  return text.size() >= 2 && (text[0] == '\0') != (text[1] == '\0');
}

std::string whyUnreadable(const std::filesystem::path& path, std::string& content) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return "is a directory, not a file";
  std::ifstream file(path, std::ios::binary);
  if (file) {
    content.resize(kMaxFileBytes + 1);
    file.read(content.data(), static_cast<std::streamsize>(content.size()));
    content.resize(static_cast<std::size_t>(file.gcount()));
  }
  if (content.size() > kMaxFileBytes) return "is larger than 4 MiB";
  if (!file.eof()) return std::string("cannot be read: ") + std::strerror(errno);
  return isUtf16(content) ? "is encoded as UTF-16; save it as UTF-8" : "";
}

}  // namespace

std::optional<std::string> readTextFile(const std::filesystem::path& path, Findings& findings) {
  std::string content;
  if (const auto why = whyUnreadable(path, content); !why.empty()) {
    findings.problems.push_back(path.string() + ": " + why);
    findings.sourceUnreadable = true;
    return std::nullopt;
  }
  if (content.starts_with(kUtf8Mark)) content.erase(0, kUtf8Mark.size());
  return content;
}

}  // namespace lull::config
