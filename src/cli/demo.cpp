// engraft demo
#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <memory>

#include "base/parallel.h"
#include "base/random.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/summary.h"
#include "demo/drawn.h"
#include "image/encode.h"
#include "record/run_folder.h"
#include "run/compute.h"
#include "run/grid.h"
#include "run/train.h"
#include "run/train_command.h"

namespace engraft::cli {
namespace {

constexpr int kTrainPictures = 1000;  // of each class
constexpr int kValPictures = 150;
constexpr int kSide = 160;  // pixels

struct DemoOptions : VerbOptions {
  std::string output;
};

struct Drawing {
  base::Path path;
  demo::Insect kind;
  std::uint64_t number;
};

// train/ants/0001.jpg and so on, drawn from the seed.
void draw_dataset(const base::Path& folder, std::uint64_t seed, int workers, Console& console) {
  std::vector<Drawing> drawings;
  const auto plan = [&](const char* split, const char* name, demo::Insect kind, int count) {
    const base::Path class_folder = folder / split / name;
    std::filesystem::create_directories(class_folder);
    for (int i = 0; i < count; ++i) {
      drawings.push_back({class_folder / fmt::format("{:04}.jpg", i + 1), kind,
                          base::mix_bits(fmt::format("{}/{}/{}", split, name, i))});
    }
  };
  for (const auto& [split, count] :
       {std::pair("train", kTrainPictures), std::pair("val", kValPictures)}) {
    plan(split, "ants", demo::Insect::kAnt, count);
    plan(split, "bees", demo::Insect::kBee, count);
  }
  std::atomic<std::size_t> done{0};
  base::parallel_for(drawings.size(), workers, [&](std::size_t i, int) {
    base::Random random({seed, drawings[i].number});
    const image::Image image = demo::draw_insect(drawings[i].kind, kSide, random);
    base::write_atomically(drawings[i].path, image::encode_jpeg(image));
    console.progress("drawing", ++done, drawings.size());
  });
}

int demo(const DemoOptions& options) {
  Console console(options.format());
  // The folder is one's own from now on; what lies in it stays, come what may.
  const base::Path folder = options.output.empty() ? record::create_numbered_folder("runs", "demo")
                                                   : record::create_output_folder(options.output);
  const base::Path pictures = folder / "pictures";
  console.line(fmt::format("drawing {} pictures of ants and bees in {}",
                           2 * (kTrainPictures + kValPictures), pictures.string()));
  draw_dataset(pictures, options.settings.seed, run::worker_count(options.settings), console);

  run::TrainRequest request{.data = pictures.string(),
                            .output = folder / "run",
                            .command = "engraft train " + run::shell_quoted(pictures.string()),
                            .settings = options.settings};
  for (const auto& [name, value] :
       {std::pair("model", "sprout"),
        std::pair("train-transforms", "resize(128) center_crop(128) hflip"),
        std::pair("views", "2"), std::pair("optimizer", "lbfgs"),
        std::pair("weight-decay", "0.001"), std::pair("epochs", "60"),
        std::pair("eval-every", "5")}) {
    training::set_setting(request.settings, name, value);
    request.command += fmt::format(" --{} {}", name, run::shell_quoted(value));
  }
  request.settings.no_cache = true;  // its times are those of a first run
  const run::Trained trained = run::train(request, watching(console));
  print_summary(console, trained);
  if (trained.interrupted) return kInterrupted;
  const run::Grid grid =
      run::draw_grid(trained.data,
                     {.pipeline = transforms::parse_pipeline(trained.run.settings.train_transforms),
                      .count = 16,
                      .seed = options.settings.seed},
                     console.events());
  base::write_atomically(folder / "grid.png", image::encode_png(grid.picture));

  const double accuracy = trained.run.results->best.accuracy_percent;
  console.strong_line(fmt::format("validation accuracy {:.2f} %", accuracy));
  console.line(fmt::format("what the network saw: {}", (folder / "grid.png").string()));
  console.line(fmt::format("report:               {}", (trained.folder / "report.html").string()));
  console.line(
      fmt::format("model:                {}", (trained.folder / "best.safetensors").string()));
  console.line(fmt::format("next: engraft predict {} {}", trained.folder.string(),
                           (pictures / "val").string()));
  if (console.json()) {
    console.document({{"run", trained.folder.string()},
                      {"accuracy", accuracy},
                      {"grid", (folder / "grid.png").string()},
                      {"seconds", trained.run.results->seconds.total}});
  }
  return kDone;
}

}  // namespace

void add_demo(CLI::App& program, int& exit_code) {
  CLI::App* command = program.add_subcommand(
      "demo", "the whole job on built-in data: draws ants and bees, trains, reports; offline");
  const auto options = std::make_shared<DemoOptions>();
  command->add_option("--out", options->output, "where everything goes (default runs/demo-N)")
      ->type_name("DIR");
  add_settings(*command, options->settings, training::kDemo);
  add_json(*command, *options);
  command->callback([options, &exit_code] { exit_code = demo(*options); });
}

}  // namespace engraft::cli
