// The zoo's networks compute what torchvision's compute, number for number.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <iostream>

#include <nlohmann/json.hpp>

#include "base/cosine_similarity.h"
#include "base/file.h"
#include "base/testing/folders.h"
#include "infer/executor.h"
#include "infer/testing/plans.h"
#include "zoo/testing/seeded_state.h"
#include "zoo/zoo.h"

namespace engraft::infer {
namespace {

const nlohmann::json& expectations() {
  // ENGRAFT_PARITY_DATA: a file of tools/golden/logits.py --all.
  static const char* other = std::getenv("ENGRAFT_PARITY_DATA");
  static const nlohmann::json all = nlohmann::json::parse(base::read_text(
      other != nullptr ? base::Path(other)
                       : base::source_folder() / "src/zoo/testdata/architectures.json"));
  return all.at("architectures");
}

class Parity : public testing::TestWithParam<std::string> {};

// torchvision's logits, and those computed here.
struct Logits {
  std::vector<double> want;
  std::vector<float> got;
};

enum class Weights { kAsTheyAre, kRounded };

// To bfloat16's eight bits.
base::StateDict rounded(base::StateDict state) {
  for (auto& [name, tensor] : state) {
    if (tensor.dtype() != base::DType::kFloat32) continue;
    base::Tensor copy(base::DType::kFloat32, tensor.shape());
    std::ranges::transform(tensor.floats(), copy.mutable_floats().begin(), [](float x) {
      const auto bits = std::bit_cast<std::uint32_t>(x);
      return std::bit_cast<float>((bits + 0x7fffU + ((bits >> 16) & 1U)) & 0xffff0000U);
    });
    tensor = copy;
  }
  return state;
}

enum class Convolutions { kDirect, kFiltered };

ComputePlan plan_of(const graph::Graph& graph, Precision precision, Convolutions convolutions) {
  if (convolutions == Convolutions::kFiltered) return filtered_plan(graph, precision);
  return exact_plan(precision);
}

Logits compute(const std::string& name, Precision precision, Convolutions convolutions,
               Weights weights = Weights::kAsTheyAre) {
  const std::vector<std::vector<double>> expected = expectations().at(name).at("logits");
  const auto classes = static_cast<std::int64_t>(expected[0].size());
  const graph::Graph graph = graph::with_classes(zoo::build_architecture(name), classes);
  const base::StateDict state = zoo::seeded_state(graph);
  const Executor executor(graph, weights == Weights::kRounded ? rounded(state) : state,
                          {graph.output()}, {.plan = plan_of(graph, precision, convolutions)});
  const auto count = static_cast<std::int64_t>(expected.size());
  const base::Tensor pictures =
      zoo::seeded_pictures({count, 3, graph.input_size.height, graph.input_size.width});
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
  const Logits logits = compute(name, Precision::kFloat32, convolutions);
  double error = 0;
  double largest_logit = 0;
  for (std::size_t i = 0; i < logits.got.size(); ++i) {
    error = std::max(error, std::abs(logits.got[i] - logits.want[i]));
    largest_logit = std::max(largest_logit, std::abs(logits.want[i]));
  }
  return error / largest_logit;
}

// Between the two, seen as vectors; in radians.
double angle(const Logits& logits) {
  return std::acos(std::min(1.0, base::cosine_similarity(logits.got, logits.want)));
}

bool is_reporting() { return std::getenv("ENGRAFT_PARITY_DATA") != nullptr; }

TEST_P(Parity, LogitsEqualTorchvisions) {
  const double exact = largest_error(GetParam(), Convolutions::kDirect);
  const double by_filtering = largest_error(GetParam(), Convolutions::kFiltered);
  if (is_reporting()) {
    std::cout << GetParam() << ": " << exact << ", by filtering " << by_filtering << std::endl;
  }
  EXPECT_LE(exact, 1e-4);
  EXPECT_LE(by_filtering, 1e-4);
}

// Made-up weights magnify what is rounded, some networks' a hundred times. How much, shows what
// rounding the weights alone does to logits that are computed in float32.
TEST_P(Parity, LogitsInBFloat16AreAsCloseAsItsRoundingAllows) {
  if (!has_native_bfloat16()) GTEST_SKIP() << "this processor has no bfloat16 arithmetic";
  const auto in_bfloat16 = [](Convolutions convolutions) {
    return angle(compute(GetParam(), Precision::kBFloat16, convolutions));
  };
  const double weights_alone =
      angle(compute(GetParam(), Precision::kFloat32, Convolutions::kDirect, Weights::kRounded));
  const double exact = in_bfloat16(Convolutions::kDirect);
  const double by_filtering = in_bfloat16(Convolutions::kFiltered);
  if (is_reporting()) {
    std::cout << GetParam() << " in bf16: cosine " << std::cos(exact) << ", by filtering "
              << std::cos(by_filtering) << ", with rounded weights alone "
              << std::cos(weights_alone) << std::endl;
  }
  EXPECT_LE(exact, 4 * weights_alone);
  EXPECT_LE(by_filtering, 8 * weights_alone);
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
}  // namespace engraft::infer
