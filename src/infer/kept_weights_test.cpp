#include "infer/kept_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/temporary_folder.h"
#include "graph/builder.h"
#include "infer/testing/check_executor.h"
#include "infer/testing/plans.h"

namespace engraft::infer {
namespace {

namespace fs = std::filesystem;

graph::Conv2d same(std::int64_t channels) {
  return {.out_channels = channels, .kernel = 3, .padding = 1};
}

std::vector<base::Path> segments(const base::TestFolder& cache) {
  std::vector<base::Path> found;
  for (const auto& entry : fs::recursive_directory_iterator(cache.path())) {
    if (entry.path().extension() == ".segment") found.push_back(entry.path());
  }
  return found;
}

base::Bytes some_bytes(std::size_t count) {
  base::Bytes bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(i * i + 7);
  return bytes;
}

std::optional<base::Bytes> found(const base::TestFolder& cache, const std::string& name,
                                 std::size_t bytes, const char* description = "these") {
  KeptWeights kept(cache.path(), description);
  const auto result = kept.find(name, bytes);
  if (!result) return std::nullopt;
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(result->data()) % 64, 0U);
  return base::Bytes(result->begin(), result->end());
}

TEST(KeptWeights, AreFoundAgain) {
  const base::TestFolder cache;
  const base::Bytes one = some_bytes(1000);
  const base::Bytes two = some_bytes(64);
  {
    KeptWeights kept(cache.path(), "these");
    EXPECT_FALSE(kept.find("one", one.size()));
    kept.add("one", one);
    kept.add("two", two);
    kept.save();
    kept.save();  // nothing new
  }
  EXPECT_EQ(segments(cache).size(), 1U);
  EXPECT_EQ(found(cache, "one", one.size()), one);
  EXPECT_EQ(found(cache, "two", two.size()), two);
  EXPECT_FALSE(found(cache, "one", one.size() - 1));
  EXPECT_FALSE(found(cache, "three", one.size()));
  EXPECT_FALSE(found(cache, "one", one.size(), "others"));
}

TEST(KeptWeights, CountAsAbsentWhereDamaged) {
  const base::TestFolder cache;
  const base::Bytes one = some_bytes(300);
  {
    KeptWeights kept(cache.path(), "these");
    kept.add("one", one);
    kept.save();
  }
  const base::Path file = segments(cache).at(0);
  const base::Bytes whole = base::read_file(file);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    base::Bytes damaged = whole;
    damaged[i] ^= std::byte{4};
    base::write_atomically(file, damaged);
    const auto result = found(cache, "one", one.size());
    EXPECT_TRUE(!result || *result == one) << "byte " << i;
  }
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{7}, whole.size() / 2, whole.size() - 1}) {
    base::write_atomically(file, std::span(whole).first(size));
    EXPECT_FALSE(found(cache, "one", one.size())) << size;
  }
}

TEST(KeptWeights, OfNoCacheAreNone) {
  KeptWeights kept("", "these");
  const base::Bytes one = some_bytes(10);
  kept.add("one", one);
  kept.save();
  EXPECT_FALSE(kept.find("one", one.size()));
}

// From a cold and a warm cache, in every precision: the same bits, and nothing written twice.
TEST(KeptWeights, ChangeNoNumber) {
  graph::GraphBuilder net("Net", {20, 20});
  graph::Value x = net.add("stem", net.input(3), same(32));
  for (const char* name : {"one", "two", "three"}) x = net.add(name, x, same(32));
  x = net.apply(graph::Flatten{}, {net.add("pool", x, graph::AdaptiveAvgPool2d{1})});
  net.add("head", x, graph::Linear{.out_features = 4});
  const graph::Graph graph = std::move(net).finish("several");
  const base::StateDict state = zoo::seeded_state(graph);
  const base::Tensor pictures = zoo::seeded_pictures({1, 3, 20, 20});
  const graph::NodeId output = graph.output();
  std::vector<Precision> precisions{Precision::kFloat32, Precision::kInt8};
  if (has_native_bfloat16()) precisions.push_back(Precision::kBFloat16);
  for (const Precision precision : precisions) {
    SCOPED_TRACE(to_string(precision));
    const base::TestFolder cache;
    ExecutorOptions options{.plan = filtered_plan(graph, precision)};
    if (precision == Precision::kInt8) {
      options.plan.filtered = {"one"};
      std::vector<float> logits(4);
      Executor(graph, state, {output})
          .measure_ranges(pictures.floats(), output, logits, options.plan.ranges);
    }
    const std::vector<float> want =
        run(Executor(graph, state, {output}, options), pictures, output);
    options.weights_cache = cache.path();
    options.parameters = "seeded";
    for (const char* time : {"cold", "warm", "warm again"}) {
      EXPECT_EQ(run(Executor(graph, state, {output}, options), pictures, output), want) << time;
      EXPECT_EQ(segments(cache).size(), 1U) << time;
    }
    options.parameters = "others";
    EXPECT_EQ(run(Executor(graph, zoo::seeded_state(graph), {output}, options), pictures, output),
              want);
    EXPECT_EQ(segments(cache).size(), 2U);
  }
}

}  // namespace
}  // namespace engraft::infer
