#pragma once

#include <lull/domain/time.hpp>
#include <lull/net/resolver.hpp>
#include <lull/ports/form_posts.hpp>
#include <lull/ports/key_documents.hpp>

#include <memory>
#include <string>

namespace lull::net {

struct DocumentSettings {
  std::string caFile{};    ///< PEM of the authorities to trust; empty: the system's
  Millis deadline{5'000};  ///< of one document: resolve, connect, write and read
};

/// Fetches documents of a trusted party, and posts forms to it, with the machinery of the default transport, each on a
/// connection of its own. It follows no redirect, the deadline is total, and it reads at most 256 KiB, headers and
/// framing included, so that an issuer that sends without end does no harm. The egress rules of endpoints do not apply,
/// because the operator chose the URL. `resolver` outlives it. The constructor throws std::runtime_error when the
/// authorities cannot be read.
class NativeDocuments final : public ports::KeyDocuments, public ports::FormPosts {
 public:
  NativeDocuments(NameResolver& resolver, const DocumentSettings& settings);
  ~NativeDocuments() override;
  NativeDocuments(const NativeDocuments&) = delete;
  NativeDocuments& operator=(const NativeDocuments&) = delete;

  Result<std::string> get(const std::string& url) override;
  Result<ports::FormAnswer> post(const std::string& url, const std::string& form) override;
  void stop() override;  ///< ends both

 private:
  struct Parts;
  struct Asked;
  Result<ports::FormAnswer> call(const Asked& asked);

  std::shared_ptr<Parts> parts_;  // shared with look-ups that still run
};

}  // namespace lull::net
