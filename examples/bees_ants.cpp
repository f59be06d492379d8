// Part B of the lab: bees and ants with ResNet18, on a data set that is split already; then what
// the best model says of one picture.
//   bees_ants hymenoptera_data PICTURE [NETWORK]
#include <cstdio>
#include <exception>

#include "engraft/predict.h"
#include "engraft/train.h"

int main(int argc, char** argv) try {
  if (argc < 3) return std::puts("bees_ants DATA PICTURE [NETWORK]"), 2;
  const engraft::Run run =
      engraft::train(argv[1], {.model = argc > 3 ? argv[3] : "resnet18",
                               .epochs = 10,
                               .batch = 4,
                               .lr = 0.0005,
                               .train_transforms = "random_resized_crop(224) hflip",
                               .val_transforms = "resize(256) center_crop(224)"});
  for (const engraft::ClassMetrics& one : run.results->best.classes) {
    std::printf("%-10s precision %.3f, recall %.3f\n", one.name.c_str(), one.precision, one.recall);
  }
  const engraft::Predictor predictor(run.model());
  const engraft::Prediction seen = predictor.predict(argv[2]);
  if (!seen.ok()) return std::fprintf(stderr, "%s: %s\n", argv[2], seen.error.c_str()), 1;
  for (const engraft::Answer& answer : engraft::likeliest(predictor.model(), seen, 2)) {
    std::printf("%s: %s %.2f %%\n", argv[2], answer.name.c_str(), 100 * answer.probability);
  }
} catch (const std::exception& error) {
  return std::fprintf(stderr, "%s\n", error.what()), 1;
}
