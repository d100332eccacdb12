#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

/// Expected failures are values. Exceptions of a library are caught in the adapter that calls it.
namespace lull {

/// What kind of failure it is. `api/problem.cpp` holds the one table from code to HTTP status and title.
enum class ErrorCode {
  InvalidInput,         ///< the caller's input is wrong; `Error::fields` says where
  NotFound,             ///< no such thing (any more)
  Conflict,             ///< well-formed, but the state does not allow it
  PreconditionFailed,   ///< If-Match did not match
  IdempotencyMismatch,  ///< the Idempotency-Key was used before with another body
  Stale,                ///< the caller's view of the endpoint registry is out of date; reload and call again
  Unavailable,          ///< the store cannot answer or its answer is unknown; the caller may try again
  Upstream,             ///< another service that was called gave an answer that is no use
  NotOffered,           ///< the settings of this service do not offer it
  Internal,             ///< a defect of ours, or data that we cannot read
};

/// One wrong place in a request body; `pointer` is an RFC 6901 JSON pointer ("" is the whole body).
struct FieldError {
  std::string pointer;
  std::string detail;
  bool operator==(const FieldError&) const = default;
};

/// `message` is one sentence for the person who has to act. It never holds a secret or a header value.
struct Error {
  ErrorCode code = ErrorCode::Internal;
  std::string message;
  std::vector<FieldError> fields{};
};

/// A value or an Error. Reading the wrong side throws std::bad_variant_access: it is a defect.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

/// Success without a value.
struct Done {};
using Status = Result<Done>;

inline Error invalidInput(std::string pointer, std::string detail) {
  return Error{ErrorCode::InvalidInput, "The request is not valid.", {{std::move(pointer), std::move(detail)}}};
}

}  // namespace lull
