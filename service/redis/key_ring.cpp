#include "data_directory.hpp"

#include <lull/redis/sealer.hpp>
#include <lull/text/ascii.hpp>
#include <lull/text/base64.hpp>
#include <lull/text/digest.hpp>
#include <lull/text/hex.hpp>
#include <lull/text/random.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>

namespace lull::redis {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kKeyBytes = 32;
using KeyBytes = std::array<unsigned char, kKeyBytes>;
constexpr std::size_t kMostBytes = 64UL * 1024;
constexpr std::size_t kMostIdChars = 64;
constexpr auto kExpected =
    "expected base64 of 32 bytes, as `openssl rand -base64 32` prints it, with at most an id and a colon before it "
    "(letters, digits, '-', '_', '.'), each id once";

Error fileFailure(const std::string& what, const fs::path& file, int reason) {
  return {ErrorCode::Internal,
          "Encryption:KeyFile: " + what + " " + file.string() + ": " + std::generic_category().message(reason) + "."};
}

std::optional<KeyBytes> keyBytes(std::string_view text) {
  const auto decoded = text::fromBase64(text);
  KeyBytes bytes{};
  if (!decoded || decoded->size() != bytes.size()) return std::nullopt;
  std::ranges::copy(*decoded, bytes.begin());
  return bytes;
}

bool isId(std::string_view text) {
  return !text.empty() && text.size() <= kMostIdChars &&
         std::ranges::all_of(text, [](char c) { return text::isAlphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

std::string fingerprint(const KeyBytes& bytes) {
  const std::string key(bytes.begin(), bytes.end());
  return text::toHex(text::sha256(key).substr(0, 4));
}

std::optional<SealingKey> parseLine(std::string_view line) {
  const auto colon = line.find(':');
  const bool named = colon != std::string_view::npos;
  const auto bytes = keyBytes(named ? text::trimmed(line.substr(colon + 1), text::kLineBlanks) : line);
  if (!bytes) return std::nullopt;
  if (!named) return SealingKey{fingerprint(*bytes), *bytes};
  const auto id = text::trimmed(line.substr(0, colon), text::kLineBlanks);
  return isId(id) ? std::optional(SealingKey{std::string(id), *bytes}) : std::nullopt;
}

Status writeDurably(const fs::path& file, std::string_view text) {
  const Descriptor fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (fd.get() < 0) return fileFailure("Lull cannot make", file, errno);
  if (::fchmod(fd.get(), 0600) != 0 ||
      ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) || ::fsync(fd.get()) != 0) {
    return fileFailure("Lull cannot write", file, errno);
  }
  return Done{};
}

// The file gets its name only once it is complete and on the disk: a key that a power cut destroys would make
// everything sealed with it unreadable.
Status makeKeyFile(const fs::path& directory, const fs::path& file) {
  const fs::path unfinished = file.string() + ".new";
  const auto text = "# Opens the signing secrets and header values in Redis. Without it they are lost: back it up.\n" +
                    text::toBase64(text::randomBytes(kKeyBytes)) + "\n";
  if (auto written = writeDurably(unfinished, text); !written) return written;
  if (::rename(unfinished.c_str(), file.c_str()) != 0) return fileFailure("Lull cannot make", file, errno);
  const Descriptor handle(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (handle.get() < 0 || ::fsync(handle.get()) != 0) return fileFailure("Lull cannot sync", directory, errno);
  return Done{};
}

}  // namespace

Result<std::vector<SealingKey>> readKeyFile(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return fileFailure("Lull cannot open", file, errno);
  std::string text(kMostBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) return fileFailure("Lull cannot read", file, EIO);
  text.resize(static_cast<std::size_t>(stream.gcount()));
  const auto wrong = [&file](const std::string& what) {
    return Error{ErrorCode::Internal, "Encryption:KeyFile: " + file.string() + " " + what + "."};
  };
  if (text.size() > kMostBytes) return wrong("is larger than 64 KiB and so no key file");
  std::vector<SealingKey> keys;
  std::string_view rest = text;
  for (int number = 1; !rest.empty(); ++number) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto line = text::trimmed(rest.substr(0, end), text::kLineBlanks);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty() || line.starts_with('#')) continue;
    auto key = parseLine(line);
    if (!key || std::ranges::find(keys, key->id, &SealingKey::id) != keys.end()) {
      return wrong("line " + std::to_string(number) + ": " + kExpected);
    }
    keys.push_back(*std::move(key));
  }
  if (keys.empty()) return wrong(std::string("holds no key: ") + kExpected);
  return keys;
}

Result<std::vector<SealingKey>> keyFileIn(const fs::path& dataDirectory) {
  const auto file = dataDirectory / "encryption.key";
  struct stat facts {};
  if (::stat(file.c_str(), &facts) != 0) {
    if (errno != ENOENT) return fileFailure("Lull cannot read", file, errno);
    if (auto made = makeKeyFile(dataDirectory, file); !made) return std::move(made).error();
  }
  return readKeyFile(file);
}

}  // namespace lull::redis
