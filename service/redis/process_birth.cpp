#include "process_birth.hpp"

#include <fstream>
#include <sstream>

namespace lull::redis {

// Field 22 of /proc/<pid>/stat.
std::string birthOf(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(file, text)) return {};
  const auto name = text.rfind(')');  // The name before it may hold blanks and brackets.
  if (name == std::string::npos) return {};
  std::istringstream fields(text.substr(name + 1));
  std::string field;
  for (int number = 3; number <= 22 && fields >> field; ++number) {
    if (number == 3 && (field == "Z" || field == "X")) return {};
  }
  return field;
}

}  // namespace lull::redis
