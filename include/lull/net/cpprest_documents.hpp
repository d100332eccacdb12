#pragma once

#include <lull/domain/time.hpp>
#include <lull/net/resolver.hpp>
#include <lull/ports/key_documents.hpp>

#include <cstddef>
#include <memory>
#include <string>

namespace lull::net {

struct DocumentSettings {
  std::string caFile;      ///< PEM of the authorities to trust; empty: the system's
  Millis deadline{5'000};  ///< of one document: resolve, connect, write and read
  std::size_t maxBytes = std::size_t{256} * 1024;
};

/// Documents of a trusted party through cpprestsdk's http_client, each over a connection of its own: no redirect is
/// followed, a total deadline, a bounded body. The address guard of endpoints does not apply: the operator chose the
/// URL. Names are looked up by `resolver` first, because a look-up of cpprestsdk's own that hangs cannot be cancelled
/// and would hold up the end of the process. `resolver` outlives it.
class CppRestDocuments final : public ports::KeyDocuments {
 public:
  CppRestDocuments(NameResolver& resolver, DocumentSettings settings);
  ~CppRestDocuments() override;
  CppRestDocuments(const CppRestDocuments&) = delete;
  CppRestDocuments& operator=(const CppRestDocuments&) = delete;

  Result<std::string> get(const std::string& url) override;
  void stop() override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace lull::net
