#include "data_directory.hpp"

#include <lull/redis/sealer.hpp>

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
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
using KeyBytes = std::array<unsigned char, 32>;

constexpr std::size_t kMostBytes = 64UL * 1024;
constexpr std::size_t kBase64Chars = 44;  // of 32 bytes, with one "=" of padding
constexpr std::size_t kMostIdChars = 64;
constexpr auto kExpected =
    "expected base64 of 32 bytes, as `openssl rand -base64 32` prints it, with at most an id and a colon before it "
    "(letters, digits, '-', '_', '.'), each id once";

Error fileFailure(const std::string& what, const fs::path& file, int reason) {
  return {ErrorCode::Internal,
          "Encryption:KeyFile: " + what + " " + file.string() + ": " + std::generic_category().message(reason) + "."};
}

std::string base64(const KeyBytes& bytes) {
  std::array<unsigned char, kBase64Chars + 1> text{};
  EVP_EncodeBlock(text.data(), bytes.data(), static_cast<int>(bytes.size()));
  return {text.begin(), text.begin() + kBase64Chars};
}

std::optional<KeyBytes> keyBytes(std::string_view text) {
  if (text.size() != kBase64Chars) return std::nullopt;
  std::array<unsigned char, 33> decoded{};  // the padding counts as a zero byte
  const auto* from = reinterpret_cast<const unsigned char*>(text.data());
  if (EVP_DecodeBlock(decoded.data(), from, kBase64Chars) != 33) return std::nullopt;
  KeyBytes bytes{};
  std::copy_n(decoded.begin(), bytes.size(), bytes.begin());
  // Only the one spelling: what decodes to something else was mistyped.
  return base64(bytes) == text ? std::optional(bytes) : std::nullopt;
}

bool isId(std::string_view text) {
  return !text.empty() && text.size() <= kMostIdChars && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
           c == '.';
  });
}

std::string fingerprint(const KeyBytes& bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  EVP_Digest(bytes.data(), bytes.size(), hash.data(), nullptr, EVP_sha256(), nullptr);
  std::string text;
  for (std::size_t i = 0; i < 4; ++i) text.append({kDigits[hash[i] >> 4U], kDigits[hash[i] & 15U]});
  return text;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::optional<SealingKey> parseLine(std::string_view line) {
  const auto colon = line.find(':');
  const auto bytes = keyBytes(colon == std::string_view::npos ? line : trimmed(line.substr(colon + 1)));
  if (!bytes) return std::nullopt;
  if (colon == std::string_view::npos) return SealingKey{fingerprint(*bytes), *bytes};
  const auto id = trimmed(line.substr(0, colon));
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

// Under its own name only once it is whole and on the disk: what is sealed with a key that a power cut takes is lost.
Status makeKeyFile(const fs::path& directory, const fs::path& file) {
  KeyBytes bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    return Error{ErrorCode::Internal, "Encryption:KeyFile: the system's random source failed."};
  }
  const fs::path unfinished = file.string() + ".new";
  const auto text = "# Opens the signing secrets and header values in Redis. Without it they are lost: back it up.\n" +
                    base64(bytes) + "\n";
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
    const auto line = trimmed(rest.substr(0, end));
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
