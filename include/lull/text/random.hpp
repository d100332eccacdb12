#pragma once

#include <cstddef>
#include <string>

/// From the system's random source, fit for secrets. They throw std::runtime_error when that fails.
namespace lull::text {

std::string randomBytes(std::size_t count);

/// `length` characters of [0-9a-z]: 20 of them hold 103 bits.
std::string randomId(std::size_t length);

}  // namespace lull::text
