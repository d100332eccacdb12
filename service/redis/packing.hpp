#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace lull::redis {

/// Thrown for a packed value that cannot be read: it is damaged, or a newer version wrote it. The adapter turns it into
/// ErrorCode::Internal.
struct UnreadableValue : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Reads the big-endian layouts that the Lua scripts write with struct.pack. Views into the value; throws
/// UnreadableValue.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t unsignedOf(std::size_t width) {
    const auto bytes = take(width);
    std::uint64_t value = 0;
    for (const char byte : bytes) value = (value << 8U) | static_cast<unsigned char>(byte);
    return value;
  }
  std::uint8_t u8() { return static_cast<std::uint8_t>(unsignedOf(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(unsignedOf(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(unsignedOf(4)); }
  std::uint64_t u64() { return unsignedOf(8); }
  std::int64_t i64() { return static_cast<std::int64_t>(unsignedOf(8)); }
  std::string_view text8() { return take(u8()); }
  std::string_view text16() { return take(u16()); }
  std::string_view text32() { return take(u32()); }
  bool done() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

  std::string_view take(std::size_t size) {
    if (size > rest_.size()) throw UnreadableValue("a packed value ends too early");
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

 private:
  std::string_view rest_;
};

/// Writes the same layouts.
class ByteWriter {
 public:
  ByteWriter& u8(std::uint8_t value) { return put(value, 1); }
  ByteWriter& u16(std::uint16_t value) { return put(value, 2); }
  ByteWriter& u32(std::uint32_t value) { return put(value, 4); }
  ByteWriter& u64(std::uint64_t value) { return put(value, 8); }
  ByteWriter& i64(std::int64_t value) { return put(static_cast<std::uint64_t>(value), 8); }
  /// Cut off at 255 bytes: only for words.
  ByteWriter& text8(std::string_view text) {
    const auto kept = text.substr(0, 0xFFU);
    u8(static_cast<std::uint8_t>(kept.size()));
    bytes_.append(kept);
    return *this;
  }
  /// Cut off at 65,535 bytes: only for texts that are bounded well below.
  ByteWriter& text16(std::string_view text) {
    const auto kept = text.substr(0, 0xFFFFU);
    u16(static_cast<std::uint16_t>(kept.size()));
    bytes_.append(kept);
    return *this;
  }
  ByteWriter& text32(std::string_view text) {
    u32(static_cast<std::uint32_t>(text.size()));
    bytes_.append(text);
    return *this;
  }
  std::string take() { return std::move(bytes_); }

 private:
  ByteWriter& put(std::uint64_t value, std::size_t width) {
    for (std::size_t i = width; i-- > 0;) bytes_.push_back(static_cast<char>((value >> (8U * i)) & 0xFFU));
    return *this;
  }
  std::string bytes_;
};

}  // namespace lull::redis
