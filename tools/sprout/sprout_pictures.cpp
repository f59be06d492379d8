// sprout_pictures crowded|clear|insects FOLDER COUNT SIZE SEED
// Draws the pictures that sprout is pretrained on (crowded or clear) or judged on (the demo's bees
// and ants), and what is to be learnt about each: FOLDER/pictures.npy (uint8, COUNT × SIZE × SIZE ×
// 3), FOLDER/labels.npy (int32, COUNT × tasks) and FOLDER/tasks.json (each task's name and class
// names). Equal arguments give equal files.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <numbers>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/parallel.h"
#include "base/random.h"
#include "demo/draw.h"
#include "demo/drawn.h"
#include "demo/scenery.h"
#include "figures.h"
#include "picture_file.h"

namespace engraft::sprout {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;

constexpr std::array<std::string_view, 10> kHueNames{"red",  "orange", "yellow", "green", "cyan",
                                                     "blue", "violet", "black",  "grey",  "white"};
constexpr std::array<std::string_view, 5> kCountNames{"0", "2", "4", "6", "8"};
constexpr std::array<std::string_view, 4> kFigureCountNames{"1", "2", "3", "4"};
constexpr std::array<std::string_view, 3> kFineNames{"coarse", "medium", "fine"};
constexpr std::array<std::string_view, 3> kFocusNames{"soft", "mild", "sharp"};

constexpr std::size_t kTasks = 10;

// A family's ink: seven hues, and three without any.
demo::Ink family_ink(std::size_t family, base::Random& random) {
  constexpr std::array<float, 7> hues{0.0F, 0.07F, 0.15F, 0.32F, 0.5F, 0.63F, 0.83F};
  if (family < hues.size()) {
    return demo::from_hsv({hues[family] + random.uniform(-0.03F, 0.03F), random.uniform(0.45F, 1),
                           random.uniform(0.35F, 1)});
  }
  const float hue = random.uniform();
  if (family == 7)
    return demo::from_hsv({hue, random.uniform(0, 0.5F), random.uniform(0.03F, 0.18F)});
  const float faint = random.uniform(0, 0.12F);
  return demo::from_hsv(
      {hue, faint, family == 8 ? random.uniform(0.3F, 0.6F) : random.uniform(0.8F, 1)});
}

// How hard the pictures are to read.
struct Difficulty {
  float sharpest = 1;      // the scenery's greatest sharpness: less sets the figures off
  float limbless = 0.45F;  // the share of figures without limbs
  float single = 0.7F;     // the share of pictures with one figure
};
constexpr Difficulty kCrowded;
constexpr Difficulty kClear{.sharpest = 0.75F, .limbless = 0.2F, .single = 0.85F};

image::Image draw_picture(const Difficulty& difficulty, int size, base::Random& random,
                          std::span<std::int32_t> labels) {
  const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random.below(n)); };
  const auto pixels = static_cast<float>(size);
  image::Image image(size, size);

  const std::size_t scenery = pick(demo::kSceneryNames.size());
  const std::size_t focus = pick(3);
  const float sharpness = difficulty.sharpest * (static_cast<float>(focus) + random.uniform()) / 3;
  demo::draw_scenery(image, static_cast<demo::Scenery>(scenery), sharpness, random);

  Look look;
  look.figure = static_cast<Figure>(pick(kFigureNames.size()));
  look.surface = static_cast<Surface>(pick(kSurfaceNames.size()));
  look.limbs = random.chance(difficulty.limbless)
                   ? Limbs::kNone
                   : static_cast<Limbs>(1 + pick(kLimbNames.size() - 1));
  const bool counted = look.limbs != Limbs::kNone && look.limbs != Limbs::kFringe;
  const std::size_t limb_count = counted ? 1 + pick(4) : 0;
  look.limb_count = static_cast<int>(2 * limb_count);
  const std::size_t fine = pick(3);
  look.fine = std::array<float, 3>{1.6F, 3, 5.5F}[fine] * random.uniform(0.85F, 1.2F);
  const std::size_t family = pick(kHueNames.size());
  const std::size_t second_family = pick(kHueNames.size());

  const float roll = (random.uniform() - difficulty.single) / (1 - difficulty.single);
  const int count = roll < 0 ? 1 : roll < 0.5F ? 2 : roll < 0.77F ? 3 : 4;
  const float start = random.uniform(0, 2 * kPi);
  for (int i = 0; i < count; ++i) {
    look.ink = family_ink(family, random);
    look.second = family_ink(second_family, random);
    const float radius =
        pixels * (count == 1 ? random.uniform(0.24F, 0.46F) : random.uniform(0.15F, 0.23F));
    const float around = start + 2 * kPi * static_cast<float>(i) / static_cast<float>(count);
    const float off = count == 1 ? 0.0F : 0.25F * pixels;
    const demo::Point center{
        0.5F * pixels + off * demo::cosine(around) + pixels * random.uniform(-0.1F, 0.1F),
        0.5F * pixels + off * demo::sine(around) + pixels * random.uniform(-0.1F, 0.1F)};
    const float mirrored = random.chance(0.5F) ? -1.0F : 1.0F;
    const float angle = random.uniform(0, 2 * kPi);
    const demo::Frame frame{center, angle, radius * mirrored, radius * random.uniform(0.75F, 1)};
    if (random.chance(0.4F)) {  // a shadow
      const demo::Point below{center.x + 0.12F * radius, center.y + 0.18F * radius};
      demo::paint(image, demo::cover_ellipse(image, below, radius, radius * 0.8F, angle),
                  {0, 0, 0, 0.25F});
    }
    draw_figure(image, frame, look, random);
  }
  if (random.chance(0.25F)) {  // something in front
    const demo::Point corner{pixels * static_cast<float>(random.below(2)),
                             pixels * static_cast<float>(random.below(2))};
    const float length = pixels * random.uniform(0.2F, 0.5F);
    const demo::Frame frame{corner, random.uniform(0, 2 * kPi), length, length};
    const float breadth = random.uniform(0.1F, 0.4F);
    demo::draw_leaf(image, frame, breadth, demo::scenery_ink(demo::Scenery::kLeaf, random), random);
  }
  demo::expose(image, random);

  const auto label = [](std::size_t value) { return static_cast<std::int32_t>(value); };
  const std::array<std::int32_t, kTasks> known{label(static_cast<std::size_t>(look.figure)),
                                               label(static_cast<std::size_t>(look.surface)),
                                               label(static_cast<std::size_t>(look.limbs)),
                                               label(limb_count),
                                               label(family),
                                               label(second_family),
                                               label(scenery),
                                               label(static_cast<std::size_t>(count - 1)),
                                               label(fine),
                                               label(focus)};
  std::copy(known.begin(), known.end(), labels.begin());
  return image;
}

std::string task_json(std::string_view name, std::span<const std::string_view> classes) {
  return fmt::format("  {{\"task\": \"{}\", \"classes\": [\"{}\"]}}", name,
                     fmt::join(classes, "\", \""));
}

// Draws `count` pictures on all processors and writes them with their `tasks` labels each.
template <class Draw>
void write_pictures(const std::filesystem::path& folder, std::size_t count, int size,
                    std::size_t tasks, Draw draw) {
  const std::size_t bytes = static_cast<std::size_t>(size) * static_cast<std::size_t>(size) * 3;
  std::vector<std::uint8_t> pictures(count * bytes);
  std::vector<std::int32_t> labels(count * tasks);
  base::parallel_for(count, base::usable_processors(), [&](std::size_t i, int) {
    const image::Image image = draw(i, std::span(labels).subspan(i * tasks, tasks));
    std::copy(image.pixels.begin(), image.pixels.end(), pictures.data() + i * bytes);
  });
  std::filesystem::create_directories(folder);
  write_npy(folder / "pictures.npy", "|u1", fmt::format("{}, {}, {}, 3", count, size, size),
            {reinterpret_cast<const char*>(pictures.data()), pictures.size()});
  write_npy(folder / "labels.npy", "<i4", fmt::format("{}, {}", count, tasks),
            {reinterpret_cast<const char*>(labels.data()), labels.size() * sizeof(std::int32_t)});
}

void write_figures(const Difficulty& difficulty, const std::filesystem::path& folder,
                   std::size_t count, int size, std::uint64_t seed) {
  write_pictures(folder, count, size, kTasks, [&](std::size_t i, std::span<std::int32_t> labels) {
    base::Random random{seed, i};
    return draw_picture(difficulty, size, random, labels);
  });
  const std::array<std::string, kTasks> tasks{task_json("figure", kFigureNames),
                                              task_json("surface", kSurfaceNames),
                                              task_json("limbs", kLimbNames),
                                              task_json("limb_count", kCountNames),
                                              task_json("hue", kHueNames),
                                              task_json("second_hue", kHueNames),
                                              task_json("scenery", demo::kSceneryNames),
                                              task_json("count", kFigureCountNames),
                                              task_json("fine", kFineNames),
                                              task_json("focus", kFocusNames)};
  std::ofstream(folder / "tasks.json") << fmt::format("[\n{}\n]\n", fmt::join(tasks, ",\n"));
}

void write_insects(const std::filesystem::path& folder, std::size_t count, int size,
                   std::uint64_t seed) {
  write_pictures(folder, count, size, 1, [&](std::size_t i, std::span<std::int32_t> labels) {
    base::Random random{seed, i};
    labels[0] = static_cast<std::int32_t>(i % 2);
    return demo::draw_insect(i % 2 == 0 ? demo::Insect::kAnt : demo::Insect::kBee, size, random);
  });
}

}  // namespace
}  // namespace engraft::sprout

int main(int argc, char** argv) {
  const std::string_view kind = argc == 6 ? argv[1] : "";
  if (kind != "crowded" && kind != "clear" && kind != "insects") {
    std::cerr << "usage: sprout_pictures crowded|clear|insects FOLDER COUNT SIZE SEED\n";
    return 2;
  }
  try {
    const std::filesystem::path folder = argv[2];
    const std::size_t count = std::stoull(argv[3]);
    const int size = std::stoi(argv[4]);
    const std::uint64_t seed = std::stoull(argv[5]);
    if (kind == "insects") {
      engraft::sprout::write_insects(folder, count, size, seed);
    } else {
      const auto& difficulty =
          kind == "clear" ? engraft::sprout::kClear : engraft::sprout::kCrowded;
      engraft::sprout::write_figures(difficulty, folder, count, size, seed);
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
