// engraft grid DATA -o FILE
#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/options.h"
#include "engraft/error.h"
#include "image/encode.h"
#include "pretrained/pretrained.h"
#include "run/compute.h"
#include "run/grid.h"
#include "run/network.h"
#include "run/places.h"

namespace engraft::cli {
namespace {

struct GridCommandOptions : VerbOptions {
  std::string data;
  std::string output;
  std::string transforms = "train";
  std::string image;
  int count = 8;
  int nrow = 4;
  int padding = 2;
};

transforms::Pipeline chosen_pipeline(const GridCommandOptions& options) {
  const zoo::Preprocessing usual = pretrained::preprocessing_for(options.settings.model);
  if (options.transforms == "train") {
    return options.settings.train_transforms.empty()
               ? usual.train
               : run::parse_pipeline_option("--train-transforms",
                                            options.settings.train_transforms);
  }
  return options.settings.val_transforms.empty()
             ? usual.val
             : run::parse_pipeline_option("--val-transforms", options.settings.val_transforms);
}

void write_grid(const GridCommandOptions& options) {
  Console console(OutputFormat::kText);
  run::GridRequest request{
      .side = options.transforms == "val" ? data::Split::kVal : data::Split::kTrain,
      .image = options.image,
      .count = static_cast<std::size_t>(options.count),
      .seed = options.settings.seed,
      .limits = run::load_options(options.settings).limits,
      .layout = {.nrow = options.nrow, .padding = options.padding}};
  run::require_writable(options.output);
  if (options.transforms != "none") request.pipeline = chosen_pipeline(options);
  const run::Grid grid =
      run::draw_grid(data::scan_dataset(options.data, {.purpose = data::Purpose::kInspection}),
                     request, console.events());
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
  command->add_option("--batch", options->count, "pictures")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  command->add_option("--nrow", options->nrow, "pictures in a row")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  command->add_option("--padding", options->padding, "pixels between pictures")
      ->check(CLI::Range(0, 256))
      ->capture_default_str();
  add_settings(*command, options->settings, training::kGrid);
  command->callback([options] { write_grid(*options); });
}

}  // namespace engraft::cli
