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

// Of the largest logit.
double largest_error(const std::string& name, Convolutions convolutions) {
  const std::vector<std::vector<float>> expected = expectations().at(name).at("logits");
  const auto classes = static_cast<std::int64_t>(expected[0].size());
  const Graph graph = with_classes(build_architecture(name), classes);
  const Executor executor(graph, seeded_state(graph), {graph.output()},
                          {.convolutions = convolutions});
  const auto count = static_cast<std::int64_t>(expected.size());
  const Tensor pictures =
      seeded_pictures({count, 3, graph.input_size.height, graph.input_size.width});
  std::vector<float> logits(static_cast<std::size_t>(count * classes));
  executor.run(pictures.floats(), graph.output(), logits);

  double error = 0;
  double largest_logit = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const auto k = static_cast<std::size_t>(classes);
    const double want = expected[i / k][i % k];
    error = std::max(error, std::abs(logits[i] - want));
    largest_logit = std::max(largest_logit, std::abs(want));
  }
  return error / largest_logit;
}

TEST_P(Parity, LogitsEqualTorchvisions) {
  const double exact = largest_error(GetParam(), Convolutions::kDirect);
  const double by_filtering = largest_error(GetParam(), Convolutions::kWinograd);
  if (std::getenv("ENGRAFT_PARITY_DATA") != nullptr) {
    std::cout << GetParam() << ": " << exact << ", by filtering " << by_filtering << std::endl;
  }
  EXPECT_LE(exact, 1e-4);
  EXPECT_LE(by_filtering, 1e-4);
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
