#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/testing/folders.h"
#include "base/testing/temporary_folder.h"
#include "engraft/error.h"
#include "transforms/pipeline.h"

namespace engraft::transforms {
namespace {

using testing::HasSubstr;

Step only_step(std::string_view text) {
  const Pipeline pipeline = parse_pipeline(text);
  EXPECT_EQ(pipeline.steps.size(), 1U) << text;
  return pipeline.steps.at(0);
}

std::string parse_error(std::string_view text) {
  return base::message_of<Error>([&] { parse_pipeline(text); });
}

TEST(ParsePipeline, ReadsEveryStep) {
  using enum image::Interpolation;
  EXPECT_EQ(only_step("resize(256)"), Step(Resize{{256, 0}, kBilinear}));
  EXPECT_EQ(only_step("resize(224x192)"), Step(Resize{{224, 192}, kBilinear}));
  EXPECT_EQ(only_step("resize(8,interpolation=bicubic)"), Step(Resize{{8, 0}, kBicubic}));
  EXPECT_EQ(only_step("resize(8x8,antialias=false)"), Step(Resize{{8, 8}, kPlainBilinear}));
  EXPECT_EQ(only_step("resize(8,interpolation=nearest)"), Step(Resize{{8, 0}, kNearest}));
  EXPECT_EQ(only_step("center_crop(224)"), Step(CenterCrop{{224, 224}}));
  EXPECT_EQ(only_step("center_crop(224x1)"), Step(CenterCrop{{224, 1}}));
  EXPECT_EQ(only_step("random_crop(20x30)"), Step(RandomCrop{{20, 30}}));
  EXPECT_EQ(only_step("random_resized_crop(224)"), Step(RandomResizedCrop{{224, 224}}));
  EXPECT_EQ(only_step("random_resized_crop(24x36,ratio=0.95:1.05,scale=0.96:1)"),
            Step(RandomResizedCrop{{24, 36}, {0.96F, 1}, {0.95F, 1.05F}}));
  EXPECT_EQ(only_step("random_rotation(15)"), Step(RandomRotation{{-15, 15}}));
  EXPECT_EQ(only_step("random_rotation(-10:30.5)"), Step(RandomRotation{{-10, 30.5F}}));
  EXPECT_EQ(only_step("hflip"), Step(HorizontalFlip{0.5F}));
  EXPECT_EQ(only_step("hflip()"), Step(HorizontalFlip{0.5F}));
  EXPECT_EQ(only_step("hflip(1)"), Step(HorizontalFlip{1}));
}

TEST(ParsePipeline, ReadsTheLabsPipeline) {
  const Pipeline pipeline = parse_pipeline(
      "random_resized_crop(224,scale=0.96:1,ratio=0.95:1.05) random_rotation(15) hflip");
  const Pipeline expected{{RandomResizedCrop{{224, 224}, {0.96F, 1}, {0.95F, 1.05F}},
                           RandomRotation{{-15, 15}}, HorizontalFlip{}}};
  EXPECT_EQ(pipeline, expected);
}

TEST(ParsePipeline, TakesSpaceWhereItDoesNoHarm) {
  EXPECT_EQ(parse_pipeline("  resize( 256 , interpolation = bicubic )\n\tcenter_crop(224)  "),
            parse_pipeline("resize(256,interpolation=bicubic) center_crop(224)"));
  EXPECT_TRUE(parse_pipeline("").steps.empty());
  EXPECT_TRUE(parse_pipeline(" \n").steps.empty());
}

TEST(ParsePipeline, TakesTheImpliedEnding) {
  EXPECT_EQ(parse_pipeline("resize(8) to_tensor normalize"), parse_pipeline("resize(8)"));
  EXPECT_EQ(parse_pipeline("to_tensor"), Pipeline{});
  EXPECT_THAT(parse_error("to_tensor hflip"), HasSubstr("hflip: cannot stand after to_tensor"));
  EXPECT_THAT(parse_error("hflip normalize resize(8)"),
              HasSubstr("resize(8): cannot stand after normalize"));
  EXPECT_THAT(parse_error("to_tensor(1)"), HasSubstr("to_tensor takes nothing"));
}

TEST(ParsePipeline, ReadsNormalization) {
  const Pipeline pipeline = parse_pipeline("hflip to_tensor normalize(mean=0.5, std=0.25)");
  EXPECT_EQ(pipeline.steps.size(), 1U);
  EXPECT_EQ(pipeline.normalization, (Normalization{{0.5F, 0.5F, 0.5F}, {0.25F, 0.25F, 0.25F}}));
  EXPECT_EQ(parse_pipeline("normalize(none)").normalization, kNoNormalization);
  EXPECT_EQ(parse_pipeline("normalize()").normalization, std::nullopt);
  EXPECT_EQ(parse_pipeline("normalize(std=1,2,3,mean=0.1,0,-1)").normalization,
            (Normalization{{0.1F, 0, -1}, {1, 2, 3}}));
  const Normalization network{{0.1F, 0.2F, 0.3F}, {1, 1, 1}};
  EXPECT_EQ(normalization_of(parse_pipeline("hflip"), network), network);
  EXPECT_EQ(normalization_of(parse_pipeline("hflip normalize(none)"), network), kNoNormalization);
}

TEST(ParsePipeline, SaysWhatIsWrong) {
  const std::vector<std::pair<const char*, const char*>> cases{
      {"random_resizd_crop(224)",
       "random_resizd_crop: no such transform; did you mean random_resized_crop? there are: "
       "center_crop, hflip, random_crop, random_resized_crop, random_rotation, resize"},
      {"lighten", "lighten: no such transform; there are: center_crop"},
      {"hflip resize(0)", "resize(0): size must be between 1 and 16384"},
      {"resize(-5)", "resize(-5): size must be between 1 and 16384"},
      {"resize(16385x2)", "size must be between 1 and 16384"},
      {"resize(2x0)", "size must be between 1 and 16384"},
      {"resize", "resize: needs a size, as in resize(224)"},
      {"center_crop()", "center_crop(): needs a size, as in center_crop(224)"},
      {"resize(big)", "size must be a whole number"},
      {"resize(2.5)", "size must be a whole number"},
      {"resize(99999999999)", "size must be a whole number"},
      {"resize(8x)", "size must be a whole number"},
      {"resize(8x8x8)", "size must be a whole number"},
      {"resize(8,mode=fast)", "no option mode; there are: interpolation, antialias"},
      {"center_crop(8,scale=1:2)", "no option scale; center_crop has none"},
      {"resize(8,interpolation=lanczos)", "must be bilinear, bicubic or nearest"},
      {"resize(8,antialias=yes)", "antialias must be true or false"},
      {"resize(8,interpolation=bicubic,antialias=false)", "for interpolation=bilinear only"},
      {"resize(8,antialias=true,antialias=true)", "antialias is given twice"},
      {"resize(8,9)", "9: options after the first are written key=value"},
      {"resize(8,antialias=true,9)", "9: options after the first are written key=value"},
      {"resize(8,,antialias=true)", "nothing stands between two commas"},
      {"resize(8,)", "nothing stands between two commas"},
      {"resize(8", "resize(8: the closing parenthesis is missing"},
      {"resize(8))", "a space must stand between this step and the next"},
      {"resize(8)hflip", "a space must stand between this step and the next"},
      {"resize((8)", "a parenthesis within parentheses"},
      {"(8)", "(8): no such transform"},
      {"random_resized_crop(8,scale=0.5)", "scale must be a range low:high"},
      {"random_resized_crop(8,scale=1:0.5)", "scale must have its lower end first"},
      {"random_resized_crop(8,scale=0.5:1.5)", "scale must lie between 0 and 1"},
      {"random_resized_crop(8,scale=0:0)", "scale must reach beyond 0"},
      {"random_resized_crop(8,ratio=0:1)", "ratio must lie between 0.01 and 100"},
      {"random_resized_crop(8,ratio=nan:nan)", "ratio must be a range"},
      {"random_rotation", "needs degrees, as in random_rotation(15)"},
      {"random_rotation(-15)", "degrees must be a number between 0 and 360, or a range"},
      {"random_rotation(inf)", "degrees must be a number between 0 and 360"},
      {"random_rotation(30:-10)", "degrees must have its lower end first"},
      {"random_rotation(-400:10)", "degrees must lie between -360 and 360"},
      {"hflip(1.5)", "hflip(1.5): probability must be a number between 0 and 1"},
      {"normalise", "normalise: no such transform; did you mean normalize? there are:"},
      {"normalize(0.5)", "write normalize(mean=0.485,0.456,0.406,std=0.229,0.224,0.225) or"},
      {"normalize(none,std=1)", "or normalize(none)"},
      {"normalize(mean=0.5)", "needs mean and std, as in normalize(mean=0.485,"},
      {"normalize(mean=0.5,std=0)", "a standard deviation of 0 is not above 0"},
      {"normalize(mean=0.5,stddev=1)", "no option stddev; there are: mean, std"},
      {"normalize(mean=0.5,0.5,std=1)", "mean must be one number, or three"},
      {"normalize(none) normalize(none)", "normalize is given twice"},
      {"hflip(p=0.5)", "no option p; hflip has none"},
  };
  for (const auto& [text, message] : cases)
    EXPECT_THAT(parse_error(text), HasSubstr(message)) << text;
}

TEST(ParsePipeline, ShowsLittleOfALongText) {
  const std::string message = parse_error("resize(" + std::string(100000, 'x') + ")");
  EXPECT_THAT(message, HasSubstr("xxx...: size must be"));
  EXPECT_LT(message.size(), 300U);
  EXPECT_THAT(parse_error("re\x1b[2Jsize(8)"), HasSubstr("re?[2Jsize: no such transform"));
}

// What grows with the square of the text would take minutes here.
TEST(ParsePipeline, ManyOptionsTakeNoLonger) {
  std::string text = "resize(8";
  for (int i = 0; i < 300000; ++i) text += fmt::format(",o{}=1", i);
  EXPECT_THAT(parse_error(text + ")"), HasSubstr("no option o0"));
}

TEST(ParsePipeline, AnyTextIsAPipelineOrAnError) {
  const std::vector<std::string> pieces{"resize",
                                        "hflip",
                                        "random_resized_crop",
                                        "(",
                                        ")",
                                        ",",
                                        "=",
                                        ":",
                                        "scale",
                                        "8",
                                        "-1",
                                        "x",
                                        " ",
                                        "0.5",
                                        "center_crop",
                                        "\t",
                                        "to_tensor",
                                        "1e999",
                                        "\xC3\xA9",
                                        "random_rotation",
                                        "ratio",
                                        "normalize",
                                        "mean=",
                                        "std=",
                                        "none",
                                        ""};
  base::Random random({1});
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (std::uint64_t n = random.below(12); n > 0; --n)
      text += pieces[random.below(pieces.size())];
    try {
      const Pipeline pipeline = parse_pipeline(text);
      EXPECT_EQ(parse_pipeline(to_string(pipeline)), pipeline) << text;
    } catch (const Error& error) {
      EXPECT_STRNE(error.what(), "");
    }
  }
}

TEST(PipelineText, IsShort) {
  for (const char* text : {"resize(256) center_crop(224)", "resize(224x224)", "hflip",
                           "hflip(0.25)", "random_rotation(15)", "random_rotation(-10:30)",
                           "random_rotation(0)", "random_crop(20x30)", "random_resized_crop(224)",
                           "random_resized_crop(224,scale=0.96:1,ratio=0.95:1.05)",
                           "random_resized_crop(24x36,interpolation=bicubic)",
                           "resize(8,antialias=false)", "resize(8,interpolation=nearest)", "",
                           "normalize(none)", "hflip normalize(mean=0.5,std=0.25)",
                           "normalize(mean=0.485,0.456,0.406,std=0.229,0.224,0.225)"}) {
    EXPECT_EQ(to_string(parse_pipeline(text)), text);
  }
  EXPECT_EQ(to_string(parse_pipeline("center_crop(8x8)  hflip(0.5) random_rotation(-5:5) "
                                     "random_resized_crop(9,scale=0.08:1) normalize")),
            "center_crop(8) hflip random_rotation(5) random_resized_crop(9)");
}

// The first column of the table of steps in docs/formats.md.
std::vector<std::string> documented_steps() {
  std::ifstream page(base::source_folder() / "docs/formats.md");
  std::vector<std::string> steps;
  bool here = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("## ")) here = line == "## Transforms";
    if (!here || !line.starts_with("| `")) continue;
    const std::string cell = line.substr(0, line.find('|', 1));
    const std::regex code("`([^`]+)`");
    for (std::sregex_iterator one(cell.begin(), cell.end(), code), end; one != end; ++one)
      steps.push_back((*one)[1]);
  }
  return steps;
}

TEST(PipelineText, IsDocumentedForEveryStep) {
  std::set<std::string> documented;
  for (const std::string& text : documented_steps()) {
    EXPECT_EQ(parse_error(text), "") << text;
    documented.insert(text.substr(0, text.find('(')));
  }
  for (const std::string& name : step_names()) EXPECT_TRUE(documented.contains(name)) << name;
}

Pipeline any_pipeline(base::Random& random) {
  const auto size = [&] { return 1 + static_cast<int>(random.below(16384)); };
  const auto width = [&](int height) { return random.chance(0.5F) ? height : size(); };
  const auto interpolation = [&] { return static_cast<image::Interpolation>(random.below(4)); };
  const auto range = [&](float low, float high) {
    return std::minmax({random.uniform(low, high), random.uniform(low, high)});
  };
  Pipeline pipeline;
  if (random.chance(0.3F)) {
    Normalization& own = pipeline.normalization.emplace();
    for (float& mean : own.mean) mean = random.uniform(-1, 2);
    for (float& stddev : own.stddev) stddev = random.chance(0.2F) ? 1 : random.uniform(1e-4F, 1);
  }
  for (std::uint64_t n = random.below(6); n > 0; --n) {
    const int height = size();
    switch (random.below(6)) {
      case 0:
        pipeline.steps.push_back(
            Resize{{height, random.chance(0.5F) ? 0 : width(height)}, interpolation()});
        break;
      case 1:
        pipeline.steps.push_back(CenterCrop{{height, width(height)}});
        break;
      case 2:
        pipeline.steps.push_back(RandomCrop{{height, width(height)}});
        break;
      case 3: {
        const auto scale = range(1e-6F, 1);
        const auto ratio = range(0.02F, 99);
        pipeline.steps.push_back(RandomResizedCrop{{height, width(height)},
                                                   {scale.first, scale.second},
                                                   {ratio.first, ratio.second},
                                                   interpolation()});
        break;
      }
      case 4: {
        const auto degrees = range(-360, 360);
        pipeline.steps.push_back(RandomRotation{{degrees.first, degrees.second}});
        break;
      }
      default:
        pipeline.steps.push_back(HorizontalFlip{random.uniform()});
        break;
    }
  }
  return pipeline;
}

TEST(PipelineText, ComesBackAsTheSamePipeline) {
  base::Random random({2});
  for (int i = 0; i < 5000; ++i) {
    const Pipeline pipeline = any_pipeline(random);
    const std::string text = to_string(pipeline);
    const Pipeline again = parse_pipeline(text);
    ASSERT_EQ(again, pipeline) << text;
    ASSERT_EQ(to_string(again), text);
  }
}

}  // namespace
}  // namespace engraft::transforms
