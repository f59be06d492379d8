// Counter-based random numbers (Philox4x32-10, Salmon et al., SC 2011). A stream is named by a key,
// such as (seed, epoch, picture), so that a picture's augmentation does not depend on which thread
// draws it, in which order, or on what machine.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace engraft::base {

// 64 well-mixed bits from any words; equal words give equal bits on every machine.
std::uint64_t mix_bits(std::initializer_list<std::uint64_t> words);

// 64 well-mixed bits from text (a parameter's or file's name).
std::uint64_t mix_bits(std::string_view text);

class Random {
 public:
  // The stream that belongs to these words, e.g. Random({seed, epoch, picture}).
  explicit Random(std::initializer_list<std::uint64_t> key);

  std::uint32_t bits();
  float uniform();                       // in [0, 1), 24 bits
  float uniform(float low, float high);  // in [low, high); low <= high
  float normal();                        // mean 0, standard deviation 1 (Box-Muller)
  std::uint64_t below(std::uint64_t n);  // in [0, n), unbiased; n > 0
  bool chance(float probability);        // true with this probability

  // A random order of 0 ... n-1 (Fisher-Yates).
  std::vector<std::size_t> permutation(std::size_t n);

 private:
  void refill();

  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_{};
  std::array<std::uint32_t, 4> block_{};
  int used_ = 4;
  float spare_normal_ = 0;
  bool has_spare_ = false;
};

}  // namespace engraft::base
