#pragma once

namespace lull::net {

/// Gives cpprestsdk its few threads, the first time it is called in the process: with the default of 40 it is six times
/// slower. To be called before anything else uses cpprestsdk. Thread-safe.
void initialiseCppRestPool();

}  // namespace lull::net
