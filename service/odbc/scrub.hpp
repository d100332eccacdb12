#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lull::odbc {

/// The values in an ODBC connection string that nobody may see: those of PWD, Password and whatever else sounds like a
/// secret. A value in braces is given without them, too, as it is written and as it is meant.
std::vector<std::string> secretsIn(std::string_view connectionString);

/// `message` on one line, without these values, and not longer than a few sentences.
std::string scrubbed(std::string message, const std::vector<std::string>& secrets);

}  // namespace lull::odbc
