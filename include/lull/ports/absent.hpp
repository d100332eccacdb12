#pragma once

#include <lull/domain/result.hpp>

/// What is said of an id that leads to nothing. It is also said of what the caller may not know of, so that no reply
/// tells the two apart.
namespace lull::ports {

inline Error noSuchEndpoint() {
  return {ErrorCode::NotFound, "There is no endpoint with this id."};
}
inline Error noSuchLetter() {
  return {ErrorCode::NotFound, "There is no dead letter with this id (any more)."};
}
inline Error noSuchMailbox() {
  return {ErrorCode::NotFound, "There is no mailbox with this id (any more)."};
}
inline Error noSuchMail() {
  return {ErrorCode::NotFound, "The mailbox has no message with this id (any more)."};
}
inline Error noSuchJob() {
  return {ErrorCode::NotFound, "There is no job with this id (any more): the last 100 are kept."};
}

}  // namespace lull::ports
