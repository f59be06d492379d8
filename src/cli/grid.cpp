// engraft grid DATA -o FILE.png
#include <fmt/format.h>

#include <memory>

#include "base/random.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/recipe.h"
#include "image/encode.h"
#include "image/geometry.h"
#include "image/grid.h"
#include "model/pretrained.h"

namespace engraft::cli {
namespace {

constexpr int kUntransformedSide = 224;  // pictures shown as they are still fit a cell

struct GridCommandOptions {
  std::string data;
  std::string output;
  std::string transforms = "train";
  std::string train_transforms;
  std::string model = "resnet18";
  int count = 8;
  int nrow = 4;
  int padding = 2;
  SharedOptions shared;
};

transforms::Pipeline chosen_pipeline(const GridCommandOptions& options) {
  const zoo::Preprocessing usual = model::preprocessing_for(options.model);
  if (options.transforms == "train") {
    return options.train_transforms.empty()
               ? usual.train
               : parse_pipeline_option("--train-transforms", options.train_transforms);
  }
  return options.shared.val_transforms.empty()
             ? usual.val
             : parse_pipeline_option("--val-transforms", options.shared.val_transforms);
}

image::Image shrunk_to_cell(const image::Image& image) {
  const double factor =
      std::min(1.0, kUntransformedSide / static_cast<double>(std::max(image.height, image.width)));
  return image::resize(image, std::max(1, static_cast<int>(image.height * factor)),
                       std::max(1, static_cast<int>(image.width * factor)));
}

// What the network sees, made visible: normalised and back.
image::Image as_seen(const image::Image& image, const transforms::Normalization& normalization) {
  std::vector<float> tensor(image.pixels.size());
  transforms::to_normalized_tensor(image, normalization, tensor);
  return transforms::to_image(tensor, image.height, image.width, normalization);
}

void draw_grid(const GridCommandOptions& options) {
  Console console(OutputFormat::kText);
  data::Dataset data = data::scan_dataset(options.data, {.purpose = data::Purpose::kInspection});
  // The side that the transforms belong to, where the data set has its own split.
  std::vector<std::size_t> pool =
      data::samples_of(data, options.transforms == "val" ? data::Split::kVal : data::Split::kTrain);
  if (pool.empty()) pool = data::samples_of(data, data::Split::kUnassigned);

  const bool untransformed = options.transforms == "none";
  const transforms::Pipeline pipeline =
      untransformed ? transforms::Pipeline{} : chosen_pipeline(options);

  std::vector<image::GridCell> cells;
  for (const std::size_t place : base::Random({options.shared.seed}).permutation(pool.size())) {
    if (std::ssize(cells) == options.count) break;
    const data::Sample& sample = data.samples[pool[place]];
    base::Expected<image::Image> image =
        features::load_view(data, pipeline, {pool[place], 0}, options.shared.seed);
    if (!image) {
      console.note(fmt::format("{}: left out: {}", sample.name, image.reason()));
      continue;
    }
    cells.push_back(
        {untransformed ? shrunk_to_cell(*image) : as_seen(*image, transforms::Normalization{}),
         data.classes[static_cast<std::size_t>(sample.label)]});
  }
  if (cells.empty()) throw Error(options.data + ": no picture could be read");
  const image::Image grid =
      image::make_grid(cells, {.nrow = options.nrow, .padding = options.padding});
  base::write_atomically(options.output, image::encode_png(grid));
  console.line(fmt::format("{}: {} pictures, {} × {} pixels", options.output, cells.size(),
                           grid.width, grid.height));
}

}  // namespace

void add_grid(CLI::App& program, int& /*exit_code*/) {
  CLI::App* command = program.add_subcommand(
      "grid", "a batch as a picture: what the network will see, with labels");
  const auto options = std::make_shared<GridCommandOptions>();
  command->add_option("DATA", options->data, "class folders, or train/ and val/ of class folders")
      ->required();
  command->add_option("-o,--output", options->output, "the PNG file to write")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("--transforms", options->transforms, "show pictures after these, or as they are")
      ->check(CLI::IsMember({"train", "val", "none"}))
      ->capture_default_str();
  command->add_option("--train-transforms", options->train_transforms, "as for train")
      ->type_name("SPEC");
  add_val_transforms(*command, options->shared);
  command->add_option("--model", options->model, "whose input size and usual transforms to take")
      ->type_name("NAME")
      ->capture_default_str();
  command->add_option("--batch", options->count, "pictures")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  command->add_option("--nrow", options->nrow, "pictures in a row")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  command->add_option("--padding", options->padding, "pixels between pictures")
      ->check(CLI::Range(0, 256))
      ->capture_default_str();
  add_seed(*command, options->shared);
  command->callback([options] { draw_grid(*options); });
}

}  // namespace engraft::cli
