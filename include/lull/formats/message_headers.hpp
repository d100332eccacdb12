#pragma once

#include <lull/domain/change_type.hpp>
#include <lull/domain/message.hpp>
#include <lull/formats/formats.hpp>

#include <string>
#include <utility>
#include <vector>

namespace lull::formats {

/// What every channel says of a message beside its body, in headers or in properties: `Lull-…`, the traceparent when it
/// is one (W3C Trace Context, section 3.2), and the headers of its format. `test`: it is a test send. Appends to
/// `headers`. Pure.
void appendMessageHeaders(std::vector<std::pair<std::string, std::string>>& headers, const Message& message, bool test,
                          const Format& format, const Catalogue& catalogue);

}  // namespace lull::formats
