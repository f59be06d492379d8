// For tests only: whether what stands beside a picture changes its numbers.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "base/parallel.h"
#include "base/random.h"
#include "infer/executor.h"

namespace engraft::infer {

// Each of the pictures alone, and then all of them in random orders, cut into random batches, on
// several threads: the same bits.
inline void expect_no_influence_of_company(const Executor& executor, const base::Tensor& pictures,
                                           graph::NodeId output, std::uint64_t seed) {
  const auto count = static_cast<std::size_t>(pictures.shape()[0]);
  const std::size_t picture = pictures.floats().size() / count;
  const auto row = static_cast<std::size_t>(base::element_count(executor.output_shape(output)));
  std::vector<float> alone(count * row);
  for (std::size_t i = 0; i < count; ++i) {
    executor.run(pictures.floats().subspan(i * picture, picture), output,
                 std::span(alone).subspan(i * row, row));
  }
  for (std::uint64_t trial = 0; trial < 2; ++trial) {
    base::Random random({seed, trial});
    const std::vector<std::size_t> order = random.permutation(count);
    std::vector<std::size_t> begins;
    for (std::size_t begin = 0; begin < count; begin += 1 + random.below(8)) {
      begins.push_back(begin);
    }
    begins.push_back(count);
    std::vector<char> same(count, 0);
    base::parallel_for(begins.size() - 1, 1 + 2 * static_cast<int>(trial), [&](std::size_t i, int) {
      const std::size_t size = begins[i + 1] - begins[i];
      std::vector<float> batch(size * picture);
      std::vector<float> result(size * row);
      for (std::size_t k = 0; k < size; ++k) {
        std::memcpy(batch.data() + k * picture,
                    pictures.floats().data() + order[begins[i] + k] * picture,
                    picture * sizeof(float));
      }
      executor.run(batch, output, result);
      for (std::size_t k = 0; k < size; ++k) {
        const std::size_t which = order[begins[i] + k];
        same[which] = std::memcmp(result.data() + k * row, alone.data() + which * row,
                                  row * sizeof(float)) == 0;
      }
    });
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_TRUE(same[i]) << "picture " << i << " in trial " << trial;
    }
  }
}

}  // namespace engraft::infer
