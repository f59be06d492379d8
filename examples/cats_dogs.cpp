// Part A of the lab: cats and dogs with VGG16, of which only the last layer learns. What
// `engraft train PetImages --recipe recipes/cats-dogs.toml` does; another network may be named.
//   cats_dogs PetImages [NETWORK]
#include <cstdio>
#include <exception>
#include <string>

#include "engraft/train.h"

int main(int argc, char** argv) try {
  if (argc < 2) return std::puts("cats_dogs DATA [NETWORK]"), 2;
  const std::string network = argc > 2 ? argv[2] : "vgg16";
  const engraft::Run run = engraft::train(
      argv[1],
      {.model = network,
       .train = network == "vgg16" ? "classifier.6.weight,classifier.6.bias" : "head",
       .epochs = 1,
       .batch = 4,
       .lr = 0.0005,
       .optimizer = "adam",
       .train_transforms = "resize(224x224) random_resized_crop(224,scale=0.96:1,ratio=0.95:1.05) "
                           "random_rotation(15) hflip",
       .val_transforms = "resize(224x224)",
       .eval_every = 50,
       .stop_at = 97.75},
      {.shared = {.note = [](const std::string& text) { std::puts(text.c_str()); }},
       .validated = [](const engraft::Validation& seen) {
         std::printf("iteration %5lld: %.2f %%\n", static_cast<long long>(seen.iteration),
                     seen.val_accuracy_percent);
       }});
  std::printf("%s: %.2f %% of %lld pictures, %s\n", run.folder.c_str(),
              run.results->best.accuracy_percent, static_cast<long long>(run.pictures.val),
              run.results->stopped.c_str());
} catch (const std::exception& error) {
  return std::fprintf(stderr, "%s\n", error.what()), 1;
}
