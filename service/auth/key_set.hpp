#pragma once

#include "verification_key.hpp"

#include <lull/domain/result.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lull::auth {

/// The keys that tokens may be signed with at one moment. Immutable once it is shared.
struct KeySet {
  struct Entry {
    std::string id;  ///< kid; empty: the key was published without one and may be meant by any token
    VerificationKey key;
  };
  std::vector<Entry> entries;
  std::string issuer;                 ///< as the discovery document says; empty: there was none
  std::string authorizationEndpoint;  ///< of the same document, as the next one; empty: it names none that can be used
  std::string tokenEndpoint;

  /// The keys that a token of this algorithm and kid may be signed with.
  std::vector<VerificationKey> candidates(const std::optional<std::string>& id, SignatureAlgorithm algorithm) const;
};

/// Reads a JSON Web Key Set (RFC 7517). Keys for encryption, of other algorithms, types or curves, and broken ones are
/// passed over; a set of which none is left is empty. An error says why the document is no set. Nothing of it is
/// repeated.
Result<KeySet> parseKeySet(std::string_view document);

/// What Lull needs of an OpenID Connect Discovery 1.0 document.
struct Discovery {
  std::string issuer;
  std::string keysUrl;
  std::string authorizationEndpoint{};  ///< empty: none is named, or it is no URL, or not behind https
  std::string tokenEndpoint{};          ///< the same
};

/// Section 4.3: the document's issuer must be the one that was asked, `authority`, but for a slash at the end; or
/// `issuer`, where the operator says that the authority is reached under another name than it gives itself. A document
/// that was fetched by https does not lead to keys without it.
Result<Discovery> parseDiscovery(std::string_view document, std::string_view authority, std::string_view issuer);

}  // namespace lull::auth
