#pragma once

#include <lull/domain/time.hpp>
#include <lull/net/resolver.hpp>
#include <lull/ports/key_documents.hpp>

#include <memory>
#include <string>

namespace lull::net {

struct DocumentSettings {
  std::string caFile{};    ///< PEM of the authorities to trust; empty: the system's
  Millis deadline{5'000};  ///< of one document: resolve, connect, write and read
};

/// Documents of a trusted party over the wire of the default transport, each on a connection of its own: no redirect is
/// followed, the deadline is total, and at most 256 KiB are read, headers and framing included, so that an issuer that
/// sends without end costs no more than that. The egress rules of endpoints do not apply, because the operator chose
/// the URL. `resolver` outlives it. The constructor throws std::runtime_error when the authorities cannot be read.
class NativeDocuments final : public ports::KeyDocuments {
 public:
  NativeDocuments(NameResolver& resolver, const DocumentSettings& settings);
  ~NativeDocuments() override;
  NativeDocuments(const NativeDocuments&) = delete;
  NativeDocuments& operator=(const NativeDocuments&) = delete;

  Result<std::string> get(const std::string& url) override;
  void stop() override;

 private:
  struct Parts;
  std::shared_ptr<Parts> parts_;  // shared with look-ups that are still on their way
};

}  // namespace lull::net
