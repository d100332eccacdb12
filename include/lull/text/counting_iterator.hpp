#pragma once

#include <cstddef>
#include <iterator>

namespace lull::text {

/// What iterators over a text have in common that show how far their reader has come, to the reader of parsers whose
/// events carry no position: `seen` points at the first character that was not taken yet. `Self` has operator++().
template <class Self>
class ShownIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  reference operator*() const { return *at_; }
  Self operator++(int) {
    Self before = static_cast<Self&>(*this);
    ++static_cast<Self&>(*this);
    return before;
  }
  bool operator==(const ShownIterator& other) const { return at_ == other.at_; }

 protected:
  ShownIterator(const char* at, const char** seen) : at_(at), seen_(seen) {}

  const char* at_;
  const char** seen_;
};

class CountingIterator : public ShownIterator<CountingIterator> {
 public:
  CountingIterator(const char* at, const char** seen) : ShownIterator(at, seen) {}
  using ShownIterator::operator++;
  CountingIterator& operator++() {
    *seen_ = ++at_;
    return *this;
  }
};

}  // namespace lull::text
