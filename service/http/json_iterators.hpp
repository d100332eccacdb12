#pragma once

#include <cstddef>
#include <iterator>

/// What a parser reads JSON text through.
namespace lull::http {

/// Walks over the text and lets everybody see how far the parser has come: that is how `data` is cut out as received.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, const char** seen) : at_(at), seen_(seen) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    *seen_ = ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    auto before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  const char** seen_;
};

/// The same, and the parser sees numbers cut to 25 digits and exponents to one: no double can hold 1e400, which is JSON
/// all the same. What is a number stays one, what is none stays none, and 25 digits are still too many for 64 bits.
class ShorteningIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  ShorteningIterator(const char* at, const char* end, const char** seen) : at_(at), end_(end), seen_(seen) {}
  reference operator*() const { return *at_; }
  ShorteningIterator& operator++() {
    look();
    ++at_;
    while (digits_ >= most_ && at_ != end_ && isDigit(*at_)) ++at_;
    *seen_ = at_;
    return *this;
  }
  ShorteningIterator operator++(int) {
    auto before = *this;
    ++*this;
    return before;
  }
  bool operator==(const ShorteningIterator& other) const { return at_ == other.at_; }

 private:
  static constexpr int kMostDigits = 25;

  static bool isDigit(char c) { return c >= '0' && c <= '9'; }

  void look() {
    const char c = *at_;
    if (c == '"' && !escaped_) inText_ = !inText_;
    escaped_ = inText_ && c == '\\' && !escaped_;
    const bool signOfExponent = (c == '+' || c == '-') && most_ == 1;
    digits_ = isDigit(c) && !inText_ ? digits_ + 1 : 0;
    if (digits_ == 0 && !signOfExponent) most_ = !inText_ && (c == 'e' || c == 'E') ? 1 : kMostDigits;
  }

  const char* at_;
  const char* end_;
  const char** seen_;
  bool inText_ = false;
  bool escaped_ = false;
  int digits_ = 0;          // in a row
  int most_ = kMostDigits;  // of those at hand
};

}  // namespace lull::http
