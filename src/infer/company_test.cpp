// A picture's numbers are the same bits whatever stands beside it: in batches of any size, at any
// place in them, on any thread.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "infer/testing/check_executor.h"
#include "infer/testing/company.h"
#include "zoo/zoo.h"

namespace engraft::infer {
namespace {

// One network of each family, at a size at which its test is quick.
struct Family {
  const char* name;
  std::int64_t size;
};

void PrintTo(const Family& family, std::ostream* out) { *out << family.name; }

class Company : public testing::TestWithParam<Family> {
 protected:
  void SetUp() override {
    graph_ = graph::with_classes(zoo::build_architecture(GetParam().name), 10);
    state_ = zoo::seeded_state(graph_);
  }

  void expect_no_influence(const ComputePlan& plan) {
    SCOPED_TRACE(describe(plan));
    const graph::Pair size(GetParam().size);
    const Executor executor(graph_, state_, {graph_.output()}, {.plan = plan, .input_size = size});
    expect_no_influence_of_company(executor, zoo::seeded_pictures({7, 3, size.height, size.width}),
                                   graph_.output(), 7);
  }

  ComputePlan choose(Precision precision) const {
    return choose_plan(graph_, {.precision = precision, .input_size = GetParam().size});
  }

  graph::Graph graph_;
  base::StateDict state_;
};

TEST_P(Company, HasNoInfluence) {
  expect_no_influence(choose(Precision::kFloat32));
  expect_no_influence(exact_plan(Precision::kFloat32));
  if (has_native_bfloat16()) expect_no_influence(choose(Precision::kBFloat16));
  ComputePlan in_8_bits = choose(Precision::kInt8);
  const Executor exact(graph_, state_, {graph_.output()}, {.input_size = GetParam().size});
  std::vector<float> logits(10);
  exact.measure_ranges(zoo::seeded_pictures({1, 3, GetParam().size, GetParam().size}).floats(),
                       graph_.output(), logits, in_8_bits.ranges);
  expect_no_influence(in_8_bits);
}

INSTANTIATE_TEST_SUITE_P(
    Zoo, Company,
    testing::Values(Family{"alexnet", 64}, Family{"convnext_tiny", 96}, Family{"densenet121", 96},
                    Family{"efficientnet_b0", 96}, Family{"efficientnet_v2_s", 64},
                    Family{"googlenet", 96}, Family{"inception_v3", 299}, Family{"maxvit_t", 224},
                    Family{"mnasnet0_5", 96}, Family{"mobilenet_v2", 96},
                    Family{"mobilenet_v3_small", 96}, Family{"regnet_x_400mf", 96},
                    Family{"regnet_y_400mf", 96}, Family{"resnet18", 96},
                    Family{"resnext50_32x4d", 96}, Family{"shufflenet_v2_x0_5", 96},
                    Family{"squeezenet1_1", 96}, Family{"swin_t", 224}, Family{"swin_v2_t", 256},
                    Family{"vgg11", 64}, Family{"vit_b_32", 224}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace engraft::infer
