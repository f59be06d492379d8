#include "learn/product.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

#include "base/random.h"

namespace engraft::learn {
namespace {

std::vector<float> random_values(std::int64_t count, std::uint64_t seed) {
  base::Random random({seed});
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = random.uniform(-1, 1);
  return values;
}

// Thin in pictures, thin in outputs, neither; rows that fill no register; enough work for threads.
const LinearSize kSizes[] = {{1, 1, 1},     {4, 64, 10},   {7, 37, 33},  {16, 8, 129},
                             {50, 37, 3},   {33, 515, 16}, {35, 70, 20}, {8, 1000, 700},
                             {90, 3000, 5}, {70, 300, 300}};

std::size_t at(std::int64_t row, std::int64_t columns, std::int64_t column) {
  return static_cast<std::size_t>(row * columns + column);
}

TEST(LinearForward, IsTheSumOfProducts) {
  for (const LinearSize& size : kSizes) {
    const auto [count, inputs, outputs] = size;
    const std::vector<float> x = random_values(count * inputs, 1);
    const std::vector<float> weight = random_values(outputs * inputs, 2);
    const std::vector<float> bias = random_values(outputs, 3);
    std::vector<float> y(static_cast<std::size_t>(count * outputs), 99.0F);
    linear_forward(size, x.data(), weight.data(), bias.data(), y.data(), 3);
    std::vector<float> alone(y.size());
    linear_forward(size, x.data(), weight.data(), bias.data(), alone.data(), 1);
    EXPECT_EQ(y, alone);
    for (std::int64_t p = 0; p < count; ++p) {
      for (std::int64_t o = 0; o < outputs; ++o) {
        double want = bias[static_cast<std::size_t>(o)];
        for (std::int64_t i = 0; i < inputs; ++i) {
          want += double{x[at(p, inputs, i)]} * weight[at(o, inputs, i)];
        }
        ASSERT_NEAR(y[at(p, outputs, o)], want, 1e-4) << count << " " << inputs << " " << outputs;
      }
    }
  }
}

TEST(LinearBackward, IsTheSumOfProducts) {
  for (const LinearSize& size : kSizes) {
    const auto [count, inputs, outputs] = size;
    const std::vector<float> dy = random_values(count * outputs, 1);
    const std::vector<float> weight = random_values(outputs * inputs, 2);
    std::vector<float> dx(static_cast<std::size_t>(count * inputs), 99.0F);
    linear_backward(size, dy.data(), weight.data(), dx.data(), 3);
    for (std::int64_t p = 0; p < count; ++p) {
      for (std::int64_t i = 0; i < inputs; ++i) {
        double want = 0;
        for (std::int64_t o = 0; o < outputs; ++o) {
          want += double{dy[at(p, outputs, o)]} * weight[at(o, inputs, i)];
        }
        ASSERT_NEAR(dx[at(p, inputs, i)], want, 1e-4) << count << " " << inputs << " " << outputs;
      }
    }
  }
}

TEST(LinearGradients, AreAddedToWhatIsThere) {
  for (const LinearSize& size : kSizes) {
    const auto [count, inputs, outputs] = size;
    const std::vector<float> x = random_values(count * inputs, 1);
    const std::vector<float> dy = random_values(count * outputs, 2);
    std::vector<float> dweight(static_cast<std::size_t>(outputs * inputs), 1.0F);
    std::vector<float> dbias(static_cast<std::size_t>(outputs), 2.0F);
    linear_gradients(size, x.data(), dy.data(), dweight.data(), dbias.data(), 3);
    for (std::int64_t o = 0; o < outputs; ++o) {
      double bias = 2;
      for (std::int64_t p = 0; p < count; ++p) bias += dy[at(p, outputs, o)];
      ASSERT_NEAR(dbias[static_cast<std::size_t>(o)], bias, 1e-4);
      for (std::int64_t i = 0; i < inputs; ++i) {
        double want = 1;
        for (std::int64_t p = 0; p < count; ++p) {
          want += double{dy[at(p, outputs, o)]} * x[at(p, inputs, i)];
        }
        ASSERT_NEAR(dweight[at(o, inputs, i)], want, 1e-4) << count << " " << inputs;
      }
    }
    linear_gradients(size, x.data(), dy.data(), nullptr, nullptr, 1);  // nothing learns: no write
  }
}

}  // namespace
}  // namespace engraft::learn
