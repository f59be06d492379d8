// From a JPEG's bytes to the network's input on one core: decoding, transforms, normalisation.
// Pictures are drawn; 500 × 375 and 4000 × 3000 pixels.
#include <benchmark/benchmark.h>

#include "demo/drawn.h"
#include "image/encode.h"
#include "image/geometry.h"
#include "transforms/load_picture.h"
#include "transforms/normalization.h"

namespace engraft {
namespace {

base::Bytes drawn_jpeg(int height, int width) {
  base::Random random({1, 2});
  image::Image image =
      image::resize(demo::draw_insect(demo::Insect::kBee, 512, random), height, width);
  for (std::uint8_t& value : image.pixels) {  // a camera's noise, which JPEG has to store
    value =
        static_cast<std::uint8_t>(std::min<int>(255, value + static_cast<int>(random.below(6))));
  }
  return image::encode_jpeg(image, 90);
}

void load(benchmark::State& state, const char* pipeline_text, bool exact) {
  const base::Bytes file =
      drawn_jpeg(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
  const transforms::Pipeline pipeline = transforms::parse_pipeline(pipeline_text);
  const image::Size size = transforms::output_size(pipeline);
  std::vector<float> tensor(static_cast<std::size_t>(3 * size.height * size.width));
  std::uint64_t view = 0;
  for (auto _ : state) {
    base::Random random({view++});
    const base::Expected<image::Image> image =
        transforms::load_picture(file, pipeline, random, {.exact = exact});
    transforms::to_normalized_tensor(*image, transforms::Normalization{}, tensor);
    benchmark::DoNotOptimize(tensor.data());
  }
  state.SetItemsProcessed(state.iterations());
}

constexpr const char* kVal = "resize(256) center_crop(224)";
constexpr const char* kTrain = "random_resized_crop(224) hflip";

void sizes(benchmark::internal::Benchmark* one) {
  one->Args({375, 500})->Args({3000, 4000})->Unit(benchmark::kMillisecond);
}

BENCHMARK_CAPTURE(load, val, kVal, false)->Apply(sizes);
BENCHMARK_CAPTURE(load, val_exact, kVal, true)->Apply(sizes);
BENCHMARK_CAPTURE(load, train, kTrain, false)->Apply(sizes);
BENCHMARK_CAPTURE(load, train_exact, kTrain, true)->Apply(sizes);

// The same bytes, for who compares: --write FOLDER.
bool write_pictures(int argc, char** argv) {
  if (argc != 3 || std::string(argv[1]) != "--write") return false;
  base::write_atomically(base::Path(argv[2]) / "375x500.jpg", drawn_jpeg(375, 500));
  base::write_atomically(base::Path(argv[2]) / "3000x4000.jpg", drawn_jpeg(3000, 4000));
  return true;
}

}  // namespace
}  // namespace engraft

int main(int argc, char** argv) {
  if (engraft::write_pictures(argc, argv)) return 0;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
