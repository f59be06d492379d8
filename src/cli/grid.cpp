// engraft grid DATA -o FILE
#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/recipe.h"
#include "image/encode.h"
#include "model/pretrained.h"
#include "run/grid.h"

namespace engraft::cli {
namespace {

struct GridCommandOptions {
  std::string data;
  std::string output;
  std::string transforms = "train";
  std::string train_transforms;
  std::string model = "resnet18";
  std::string image;
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

base::Events notes_on(Console& console) {
  return {.note = [&console](const std::string& text) { console.note(text); }};
}

void write_grid(const GridCommandOptions& options) {
  Console console(OutputFormat::kText);
  run::GridRequest request{
      .side = options.transforms == "val" ? data::Split::kVal : data::Split::kTrain,
      .image = options.image,
      .count = static_cast<std::size_t>(options.count),
      .seed = options.shared.seed,
      .layout = {.nrow = options.nrow, .padding = options.padding}};
  if (options.transforms != "none") request.pipeline = chosen_pipeline(options);
  const run::Grid grid =
      run::draw_grid(data::scan_dataset(options.data), request, notes_on(console));
  base::write_atomically(options.output,
                         image::encode(grid.picture, image::format_by_name(options.output)));
  console.line(fmt::format("{}: {} {}, {} × {} pixels", options.output, grid.pictures,
                           grid.pictures == 1 ? "picture" : "pictures", grid.picture.width,
                           grid.picture.height));
}

}  // namespace

void add_grid(CLI::App& program, int& /*exit_code*/) {
  CLI::App* command = program.add_subcommand(
      "grid", "a batch as a picture: what the network will see, with labels");
  const auto options = std::make_shared<GridCommandOptions>();
  command->add_option("DATA", options->data, "class folders, or train/ and val/ of class folders")
      ->required();
  command->add_option("-o,--output", options->output, "the picture to write: .png, .jpg or .jpeg")
      ->type_name("FILE")
      ->required()
      ->check([](const std::string& name) {
        try {
          image::format_by_name(name);
        } catch (const Error& error) {
          return std::string(error.what());
        }
        return std::string();
      });
  command->add_option("--image", options->image, "this picture alone, by its name in DATA")
      ->type_name("NAME");
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
  command->callback([options] { write_grid(*options); });
}

}  // namespace engraft::cli
