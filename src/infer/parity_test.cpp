// The zoo's networks compute what torchvision's compute, number for number.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <iostream>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "infer/executor.h"
#include "zoo/seeded_state.h"
#include "zoo/zoo.h"

namespace engraft {
namespace {

const nlohmann::json& expectations() {
  // ENGRAFT_PARITY_DATA: a file of tools/golden/logits.py --all.
  static const char* other = std::getenv("ENGRAFT_PARITY_DATA");
  static const nlohmann::json all = nlohmann::json::parse(read_text(
      other != nullptr ? other : ENGRAFT_SOURCE_DIR "/src/zoo/testdata/architectures.json"));
  return all.at("architectures");
}

class Parity : public testing::TestWithParam<std::string> {};

// torchvision's logits, and those computed here.
struct Logits {
  std::vector<double> want;
  std::vector<float> got;
};

Logits compute(const std::string& name, const ExecutorOptions& options) {
  const std::vector<std::vector<double>> expected = expectations().at(name).at("logits");
  const auto classes = static_cast<std::int64_t>(expected[0].size());
  const Graph graph = with_classes(build_architecture(name), classes);
  const Executor executor(graph, seeded_state(graph), {graph.output()}, options);
  const auto count = static_cast<std::int64_t>(expected.size());
  const Tensor pictures =
      seeded_pictures({count, 3, graph.input_size.height, graph.input_size.width});
  Logits logits;
  for (const std::vector<double>& row : expected) {
    logits.want.insert(logits.want.end(), row.begin(), row.end());
  }
  logits.got.resize(logits.want.size());
  executor.run(pictures.floats(), graph.output(), logits.got);
  return logits;
}

// Of the largest logit.
double largest_error(const std::string& name, Convolutions convolutions) {
  const Logits logits = compute(name, {.convolutions = convolutions});
  double error = 0;
  double largest_logit = 0;
  for (std::size_t i = 0; i < logits.got.size(); ++i) {
    error = std::max(error, std::abs(logits.got[i] - logits.want[i]));
    largest_logit = std::max(largest_logit, std::abs(logits.want[i]));
  }
  return error / largest_logit;
}

double cosine(const std::string& name, const ExecutorOptions& options) {
  const Logits logits = compute(name, options);
  double product = 0;
  double got_squares = 0;
  double want_squares = 0;
  for (std::size_t i = 0; i < logits.got.size(); ++i) {
    const double got = logits.got[i];
    product += got * logits.want[i];
    got_squares += got * got;
    want_squares += logits.want[i] * logits.want[i];
  }
  return product / std::sqrt(got_squares * want_squares);
}

bool is_reporting() { return std::getenv("ENGRAFT_PARITY_DATA") != nullptr; }

TEST_P(Parity, LogitsEqualTorchvisions) {
  const double exact = largest_error(GetParam(), Convolutions::kDirect);
  const double by_filtering = largest_error(GetParam(), Convolutions::kWinograd);
  if (is_reporting()) {
    std::cout << GetParam() << ": " << exact << ", by filtering " << by_filtering << std::endl;
  }
  EXPECT_LE(exact, 1e-4);
  EXPECT_LE(by_filtering, 1e-4);
}

TEST_P(Parity, LogitsInBFloat16PointTheSameWay) {
  if (!has_native_bfloat16()) GTEST_SKIP() << "this processor has no bfloat16 arithmetic";
  const auto in_bfloat16 = [](Convolutions convolutions) {
    return cosine(GetParam(), {.precision = Precision::kBFloat16, .convolutions = convolutions});
  };
  const double exact = in_bfloat16(Convolutions::kDirect);
  const double by_filtering = in_bfloat16(Convolutions::kWinograd);
  if (is_reporting()) {
    std::cout << GetParam() << " in bf16: " << exact << ", by filtering " << by_filtering
              << std::endl;
  }
  EXPECT_GE(exact, 0.999);
  EXPECT_GE(by_filtering, 0.999);
}

std::vector<std::string> names() {
  std::vector<std::string> result;
  for (const auto& [name, expected] : expectations().items()) {
    if (expected.contains("logits")) result.push_back(name);
  }
  return result;
}

INSTANTIATE_TEST_SUITE_P(Zoo, Parity, testing::ValuesIn(names()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace engraft
