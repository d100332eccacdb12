#include "server_signs.hpp"

#include "connect.hpp"

#include <sys/statvfs.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

namespace lull::redis {

namespace {

namespace fs = std::filesystem;

constexpr Millis kProbeTimeout{1000};
constexpr std::uintmax_t kTail = 4096;

}  // namespace

Answer ask(const Address& address, pid_t& pid) {
  const auto connection = connectOnly(address, kProbeTimeout);
  if (!connection) return Answer::None;
  const auto info = (*connection)->call({"INFO", "server"});
  const auto pong = (*connection)->call({"PING"});
  if (!info || !pong) return Answer::None;
  constexpr std::string_view kField = "process_id:";
  if (const auto at = info->text.find(kField); at != std::string::npos) {
    const char* const begin = info->text.data() + at + kField.size();
    std::from_chars(begin, info->text.data() + info->text.size(), pid);
  }
  return pong->text.starts_with("LOADING") ? Answer::Loading : Answer::Ready;
}

std::uintmax_t sizeOf(const fs::path& file) {
  std::error_code none;
  const auto size = fs::file_size(file, none);
  return none ? 0 : size;
}

std::string lastWords(const fs::path& log, std::uintmax_t from) {
  std::ifstream file(log);
  const auto size = sizeOf(log);
  file.seekg(static_cast<std::streamoff>(std::max(from, size - std::min(size, kTail))));
  std::string last;
  std::string before;
  for (std::string line; std::getline(file, line);) {
    if (line.empty()) continue;
    before = std::exchange(last, line);
  }
  const std::string words = before.empty() ? last : before + " / " + last;
  return words.substr(0, 600);
}

bool diskFull(const fs::path& directory) {
  struct statvfs facts {};
  return ::statvfs(directory.c_str(), &facts) == 0 && facts.f_bavail == 0;
}

}  // namespace lull::redis
