#include "onednn/gemm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/time.h>

#include <csignal>
#include <vector>

#include "base/interrupt.h"
#include "base/random.h"
#include "engraft/error.h"

namespace engraft::onednn {
namespace {

std::vector<float> numbers(std::uint64_t key, std::int64_t count) {
  base::Random random({key});
  std::vector<float> result(static_cast<std::size_t>(count));
  for (float& value : result) value = random.uniform(-1, 1);
  return result;
}

TEST(Gemm, MultipliesRowMajorMatricesEitherWayRound) {
  constexpr std::int64_t m = 5, n = 7, k = 33;
  const std::vector<float> a = numbers(1, m * k);
  const std::vector<float> b = numbers(2, k * n);
  for (const Transpose turn_a : {Transpose::kNo, Transpose::kYes}) {
    for (const Transpose turn_b : {Transpose::kNo, Transpose::kYes}) {
      for (const float beta : {0.0F, 1.0F, -0.5F}) {
        const std::vector<float> before = numbers(3, m * n);
        std::vector<float> c = before;
        gemm(turn_a, turn_b, m, n, k, a.data(), b.data(), beta, c.data());
        for (std::int64_t i = 0; i < m; ++i) {
          for (std::int64_t j = 0; j < n; ++j) {
            double sum = beta * before[static_cast<std::size_t>(i * n + j)];
            for (std::int64_t p = 0; p < k; ++p) {
              const std::int64_t at_a = turn_a == Transpose::kYes ? p * m + i : i * k + p;
              const std::int64_t at_b = turn_b == Transpose::kYes ? j * k + p : p * n + j;
              sum += static_cast<double>(a[static_cast<std::size_t>(at_a)]) *
                     b[static_cast<std::size_t>(at_b)];
            }
            ASSERT_NEAR(c[static_cast<std::size_t>(i * n + j)], sum, 1e-5);
          }
        }
      }
    }
  }
}

TEST(Gemm, WithoutBetaIgnoresWhatWasThere) {
  const float a = 2, b = 3;
  float c = std::numeric_limits<float>::quiet_NaN();
  gemm(Transpose::kNo, Transpose::kNo, 1, 1, 1, &a, &b, 0, &c);
  EXPECT_EQ(c, 6);
}

TEST(Gemm, SaysWhereItFails) {
  const std::vector<float> four(4);
  std::vector<float> result(4);
  try {
    gemm(Transpose::kNo, Transpose::kNo, 2, 2, -1, four.data(), four.data(), 0, result.data());
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("a matrix product"));
  }
}

// Signals from construction to destruction, ten thousand a second, handled where interrupts are.
class ManySignals {
 public:
  ManySignals() {
    base::catch_interrupts();
    struct sigaction action {};
    action.sa_handler = [](int) {};
    action.sa_flags = SA_ONSTACK | SA_RESTART;
    ::sigaction(SIGALRM, &action, nullptr);
    every(100);
  }
  ManySignals(const ManySignals&) = delete;
  ManySignals& operator=(const ManySignals&) = delete;
  ~ManySignals() {
    every(0);
    for (const int number : {SIGALRM, SIGINT, SIGTERM}) std::signal(number, SIG_DFL);
  }

 private:
  static void every(int microseconds) {
    const itimerval interval{{0, microseconds}, {0, microseconds}};
    ::setitimer(ITIMER_REAL, &interval, nullptr);
  }
};

// On the stack of the product itself a signal's frame overwrites what generated code keeps below
// the stack's top; the process then dies of a corrupted heap.
TEST(Gemm, IsNotDisturbedBySignals) {
  constexpr std::int64_t m = 64, n = 1280, k = 100;
  const std::vector<float> a = numbers(1, m * k);
  const std::vector<float> b = numbers(2, k * n);
  const auto product = [&] {
    std::vector<float> c(m * n);
    gemm(Transpose::kNo, Transpose::kYes, m, n, k, a.data(), b.data(), 0, c.data());
    return c;
  };
  const std::vector<float> calm = product();
  const ManySignals signals;
  for (int i = 0; i < 500; ++i) ASSERT_EQ(product(), calm);
}

}  // namespace
}  // namespace engraft::onednn
