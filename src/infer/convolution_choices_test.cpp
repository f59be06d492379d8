#include "infer/convolution_choices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "graph/builder.h"
#include "infer/testing/check_executor.h"
#include "infer/wide_convolutions.h"

namespace engraft::infer {
namespace {

graph::Conv2d same(std::int64_t channels) {
  return {.out_channels = channels, .kernel = 3, .padding = 1, .bias = true};
}

class Choices : public testing::Test {
 protected:
  void SetUp() override {
    conv_.in_channels = 16;
    std::filesystem::remove(file_);
  }
  void TearDown() override { std::filesystem::remove(file_); }

  bool choose(Convolutions convolutions, cache::Measurements& measurements) {
    const onednn::SingleThread alone;
    ConvolutionChoices choices(convolutions, measurements);
    const onednn::Desc layout = onednn::blocked({1, 16, 12, 12}, 8, onednn::Type::f32);
    return choices.takes_winograd(conv_, layout, layout, {});
  }

  graph::Conv2d conv_ = same(16);
  base::Path file_ = base::Path(testing::TempDir()) / "winograd_test" / "choices.json";
};

TEST_F(Choices, AreRemembered) {
  cache::Measurements first(file_, "this");
  const bool chosen = choose(Convolutions::kFastest, first);
  first.save();
  // What is remembered decides, not another measurement.
  const std::string written = base::read_text(file_);
  const auto with_other_gain = [&] {
    const std::size_t list = written.find("\"measured\": {");
    const std::size_t colon = written.find("\": ", list + 13) + 3;
    const std::size_t end = written.find_first_of("\n,", colon);
    return written.substr(0, colon) + (chosen ? "0.5" : "2.5") + written.substr(end);
  }();
  base::write_atomically(file_, with_other_gain);
  cache::Measurements second(file_, "this");
  EXPECT_NE(choose(Convolutions::kFastest, second), chosen);
}

TEST_F(Choices, OfAnotherProcessorOrDamagedCountAsAbsent) {
  std::filesystem::create_directories(file_.parent_path());
  for (const char* content : {R"({"processor": "another", "measured": {"x": 2}})", "{", "[]", "",
                              R"({"processor": 3})"}) {
    base::write_atomically(file_, content);
    cache::Measurements measurements(file_, "this");
    choose(Convolutions::kFastest, measurements);
    measurements.save();
    EXPECT_THAT(base::read_text(file_), testing::HasSubstr("16 > 16 channels"));
    EXPECT_THAT(base::read_text(file_), testing::Not(testing::HasSubstr("another")));
  }
}

TEST_F(Choices, CanBeGiven) {
  cache::Measurements measurements(file_, "this");
  EXPECT_FALSE(choose(Convolutions::kDirect, measurements));
  EXPECT_TRUE(choose(Convolutions::kWinograd, measurements));
  measurements.save();
  EXPECT_FALSE(std::filesystem::exists(file_));
}

// What is remembered decides which convolutions are left out of 8 bits.
TEST_F(Choices, BetweenFilteringAnd8Bits) {
  graph::GraphBuilder net("Net", {12, 12});
  graph::Value x = net.add("stem", net.input(3), same(32));
  x = net.add("one", x, same(32));
  x = net.add("pointwise", x, graph::Conv2d{.out_channels = 32, .kernel = 1});
  net.add("last", x, same(16));
  const graph::Graph graph = std::move(net).finish("several");
  const base::StateDict state = zoo::seeded_state(graph);
  const graph::NodeId output = graph.output();
  ExecutorOptions options{.precision = Precision::kInt8};
  for (graph::NodeId id = 1; id <= output; ++id) options.ranges[id] = {-1, 1};
  const auto wide = [&](Convolutions convolutions) {
    options.convolutions = convolutions;
    options.measurements = file_;
    std::vector<std::string> names;
    for (const auto& [value, range] : prefer_faster(graph, state, output, options)) {
      if (range.wide) names.push_back(graph.nodes[value].name);
    }
    return names;
  };
  EXPECT_THAT(wide(Convolutions::kDirect), testing::IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(file_));
  wide(Convolutions::kFastest);
  auto document = nlohmann::json::parse(base::read_text(file_));
  ASSERT_EQ(document["measured"].size(), 2U) << document;
  for (auto& [name, gain] : document["measured"].items()) {
    EXPECT_THAT(name, testing::HasSubstr("8 bits against"));
    gain = name.find("32 > 16 channels") != std::string::npos ? 2 : 0.5;
  }
  base::write_atomically(file_, document.dump());
  EXPECT_THAT(wide(Convolutions::kFastest), testing::ElementsAre("last"));
}

// A batch is measured where many pictures come, and then remembered; not where sums must be exact.
TEST_F(Choices, OfTheBatch) {
  graph::GraphBuilder net("Net", {12, 12});
  net.add("one", net.input(3), same(16));
  const graph::Graph graph = std::move(net).finish("small");
  const base::StateDict state = zoo::seeded_state(graph);
  const graph::NodeId output = graph.output();
  const auto batch = [&](Convolutions convolutions, std::int64_t pictures) {
    const Executor executor(graph, state, {output},
                            {.convolutions = convolutions, .measurements = file_});
    return executor.best_batch(output, pictures);
  };
  EXPECT_EQ(batch(Convolutions::kDirect, 1000), Executor::kMostAtOnce);
  EXPECT_EQ(batch(Convolutions::kFastest, 10), Executor::kMostAtOnce);
  EXPECT_FALSE(std::filesystem::exists(file_));
  const std::int64_t found = batch(Convolutions::kFastest, 1000);
  EXPECT_GE(found, 1);
  EXPECT_LE(found, Executor::kMostAtOnce);
  auto document = nlohmann::json::parse(base::read_text(file_));
  ASSERT_EQ(document["measured"].size(), 1U);
  ASSERT_EQ(document["measured"].front(), found);
  document["measured"].front() = 3;
  base::write_atomically(file_, document.dump());
  EXPECT_EQ(batch(Convolutions::kFastest, 1000), 3);
}

// Whatever is measured, the numbers are right, in batches of any size.
TEST_F(Choices, AreAllRight) {
  graph::GraphBuilder net("Net", {12, 12});
  graph::Value x = net.add("stem", net.input(3), same(32));
  for (const char* name : {"one", "two"}) x = net.add(name, x, same(32));
  const graph::Graph graph = std::move(net).finish("several");
  const base::StateDict state = zoo::seeded_state(graph);
  const Executor executor(graph, state, {graph.output()},
                          {.convolutions = Convolutions::kFastest, .measurements = file_});
  for (const std::int64_t batch : {1, 3}) {
    const base::Tensor pictures = pictures_for(graph, batch);
    expect_close(run(executor, pictures, graph.output()),
                 reference::evaluate(graph, state, pictures)[graph.output()].numbers, 3e-5);
  }
}

}  // namespace
}  // namespace engraft::infer
