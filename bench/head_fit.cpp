// How long the best linear head takes to find: features that look like a backbone's (never
// negative, correlated, scaled unlike each other), the same ones every time.
//   head_fit [pictures] [features] [classes] [workers] [turns]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "base/parallel.h"
#include "base/random.h"
#include "learn/find_head.h"

namespace {

using engraft::base::Random;

struct Data {
  std::vector<float> features;
  std::vector<int> labels;
};

// Pictures are points among 48 hidden causes, moved by their class; a feature is what is positive
// of a mixture of them.
Data make(std::size_t pictures, std::size_t width, int classes, int workers) {
  constexpr std::size_t kCauses = 192;
  constexpr float kApart = 0.35F;
  std::vector<float> mixture(width * kCauses);
  std::vector<float> scale(width);
  Random mixing({1});
  for (float& value : mixture) value = mixing.normal() / 14;
  for (float& value : scale) value = std::abs(mixing.normal());
  std::vector<float> centers(static_cast<std::size_t>(classes) * kCauses);
  for (float& value : centers) value = kApart * mixing.normal();
  Data data{std::vector<float>(pictures * width), std::vector<int>(pictures)};
  engraft::base::parallel_for(pictures, workers, [&](std::size_t i, int) {
    Random random({2, i});
    const auto label = i % static_cast<std::size_t>(classes);
    data.labels[i] = static_cast<int>(label);
    float causes[kCauses];
    for (std::size_t c = 0; c < kCauses; ++c) {
      causes[c] = 8 / std::sqrt(static_cast<float>(c + 1)) *
                  (random.normal() + centers[label * kCauses + c]);
    }
    for (std::size_t d = 0; d < width; ++d) {
      float sum = 0.3F * random.normal() - 0.2F;
      for (std::size_t c = 0; c < kCauses; ++c) sum += mixture[d * kCauses + c] * causes[c];
      data.features[i * width + d] = scale[d] * std::max(0.0F, sum);
    }
  });
  return data;
}

int argument(int count, char** values, int which, int otherwise) {
  return which < count ? std::atoi(values[which]) : otherwise;
}

}  // namespace

int main(int count, char** values) {
  const auto pictures = static_cast<std::size_t>(argument(count, values, 1, 3251));
  const auto width = static_cast<std::size_t>(argument(count, values, 2, 1280));
  const int classes = argument(count, values, 3, 5);
  const int workers = argument(count, values, 4, engraft::base::usable_processors());
  const int turns = argument(count, values, 5, 3);
  const Data data = make(pictures, width, classes, workers);
  for (int turn = 0; turn < turns; ++turn) {
    const std::clock_t busy_before = std::clock();
    const auto begun = std::chrono::steady_clock::now();
    const engraft::learn::FoundHead head =
        engraft::learn::find_linear_head({.channels = static_cast<std::int64_t>(width),
                                          .features = data.features,
                                          .labels = data.labels,
                                          .classes = classes},
                                         {.workers = workers});
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    const double busy = static_cast<double>(std::clock() - busy_before) / CLOCKS_PER_SEC;
    fmt::print(
        "{} × {} features, {} classes, {} workers: {:.2f} s ({:.2f} s of all cores together); "
        "penalty {:g}, {} right, loss {:.6f}\n",
        pictures, width, classes, workers, took.count(), busy, head.validation.penalty,
        head.validation.right, head.validation.loss);
  }
  return 0;
}
