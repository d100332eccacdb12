#pragma once

#include "packing.hpp"

#include <lull/domain/attempt.hpp>
#include <lull/domain/time.hpp>

#include <cstdint>
#include <optional>

/// What several packed values hold. All throw UnreadableValue (packing.hpp).
namespace lull::redis {

constexpr std::int64_t kLastReadable = 253'402'300'799'999;  ///< 9999-12-31T23:59:59.999Z

void expectVersion(ByteReader& reader, std::uint8_t wanted);
/// Only times that RFC 3339 can express are readable: Lull never wrote another one.
Instant readInstant(ByteReader& reader);
/// Nothing when it is 0.
std::optional<Instant> readInstantOrNone(ByteReader& reader);
FailureClass readFailure(std::uint8_t value);

}  // namespace lull::redis
