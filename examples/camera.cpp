// Pictures that come from memory, one after another, as a camera gives them. Here they are drawn: a
// bright bar that wanders over 640 × 480 pixels.
//   camera MODEL [FRAMES]
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <vector>

#include "engraft/predict.h"

int main(int argc, char** argv) try {
  if (argc < 2) return std::puts("camera MODEL [FRAMES]"), 2;
  const int frames = argc > 2 ? std::atoi(argv[2]) : 100;
  const engraft::Predictor predictor(engraft::load_model(argv[1]));  // once; then nothing is built

  constexpr int kHeight = 480;
  constexpr int kWidth = 640;
  std::vector<std::uint8_t> pixels(kHeight * kWidth * 3);
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < frames; ++i) {
    for (int p = 0; p < kHeight * kWidth * 3; ++p) {
      pixels[p] = (p / 3 + 7 * i) % kWidth < 40 ? 240 : 60;
    }
    const engraft::Prediction seen =
        predictor.predict({.pixels = pixels.data(), .height = kHeight, .width = kWidth});
    const engraft::Answer best = engraft::likeliest(predictor.model(), seen)[0];
    std::printf("frame %d: %s %.1f %%\n", i, best.name.c_str(), 100 * best.probability);
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begun;
  std::printf("%.1f frames a second\n", frames / seconds.count());
} catch (const std::exception& error) {
  return std::fprintf(stderr, "%s\n", error.what()), 1;
}
