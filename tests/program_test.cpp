// The program as its users meet it: commands, messages, exit codes, files left behind.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/testing/folders.h"
#include "image/decode.h"
#include "program.h"
#include "weights/safetensors.h"

namespace engraft {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using Program = ProgramTest;

constexpr const char* kTrain = "train data --model sprout --epochs 4 --lr 0.01 ";

TEST_F(Program, SaysWhatThereIs) {
  EXPECT_THAT(run("").out, AllOf(HasSubstr("train"), HasSubstr("predict"), HasSubstr("demo")));
  EXPECT_EQ(run("--help").exit_code, 0);
  EXPECT_EQ(run("--version").out.substr(0, 8), "engraft ");
  const auto expect_to_fit = [](const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
  };
  expect_to_fit(run("").out);
  for (const char* verb : {"demo", "train", "eval", "predict", "compare", "features", "check",
                           "grid", "models", "show", "get", "convert", "cache", "report"}) {
    const Outcome help = run(std::string(verb) + " --help");
    EXPECT_EQ(help.exit_code, 0) << verb;
    EXPECT_THAT(help.out, HasSubstr("Usage: engraft " + std::string(verb)));
    expect_to_fit(help.out);
  }
}

TEST_F(Program, TrainsEvaluatesAndPredicts) {
  write_dataset("data", 30);
  const Outcome trained = run(std::string(kTrain) + "--epochs 12 --json --out run --seed 3");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const nlohmann::json result = nlohmann::json::parse(trained.out);
  EXPECT_EQ(result["run"], "run");
  EXPECT_GE(result["best_accuracy"], 80.0);
  EXPECT_EQ(result["classes"], (std::vector<std::string>{"across", "down"}));
  EXPECT_EQ(result["images"]["train"], 48);
  EXPECT_EQ(result["images"]["val"], 12);
  EXPECT_EQ(result["iterations"], 24);  // 12 epochs of 2 batches of 32
  for (const char* file :
       {"best.safetensors", "last.safetensors", "metrics.csv", "run.json", "report.html"}) {
    EXPECT_TRUE(fs::exists(folder_ / "run" / file)) << file;
  }

  // The saved model stands on its own, and the run's folder stands for its best model.
  const nlohmann::json evaluated = nlohmann::json::parse(run("eval run data --json").out);
  EXPECT_EQ(evaluated["images"], 60);
  EXPECT_GE(evaluated["accuracy"], 80.0);
  EXPECT_EQ(evaluated["confusion"].size(), 2U);

  write_file("bad.jpg", "<html>not found</html>");
  const Outcome predicted =
      run("predict run/best.safetensors data/down/1.jpg bad.jpg --json --logits --top 2");
  EXPECT_EQ(predicted.exit_code, 0) << predicted.err;
  const nlohmann::json predictions = nlohmann::json::parse(predicted.out);
  ASSERT_EQ(predictions.size(), 2U);
  EXPECT_EQ(predictions[0]["path"], "data/down/1.jpg");
  EXPECT_EQ(predictions[0]["class"], predictions[0]["top"][0]["class"]);
  EXPECT_EQ(predictions[0]["top"].size(), 2U);
  EXPECT_EQ(predictions[0]["logits"].size(), 2U);
  EXPECT_THAT(predictions[1]["error"].get<std::string>(), HasSubstr("not an image"));
  EXPECT_FALSE(predictions[1].contains("class"));
  EXPECT_EQ(run("predict run bad.jpg --strict").exit_code, 1);
  EXPECT_EQ(run("predict run absent.jpg").exit_code, 1);

  // Paths from standard input; folders are walked.
  EXPECT_THAT(run("predict run -", "data/down/1.jpg\n").out, HasSubstr("data/down/1.jpg: "));
  const std::string walked = run("predict run data").out;
  EXPECT_EQ(std::count(walked.begin(), walked.end(), '\n'), 60);
}

// A figure on pictures that the model was trained on says little.
TEST_F(Program, EvaluatingOnWhatItWasTrainedOnIsSaid) {
  write_dataset("data", 30);
  ASSERT_EQ(run(std::string(kTrain) + "--out run").exit_code, 0);
  const Outcome text = run("eval run data");
  EXPECT_EQ(text.out.substr(0, text.out.find('\n')).find("accuracy "), 0U) << text.out;
  EXPECT_THAT(text.out, HasSubstr("% of the 12 pictures that it was not trained on"));
  EXPECT_THAT(text.err, HasSubstr("trained on 48 of these"));
  const nlohmann::json all = nlohmann::json::parse(run("eval run data --json").out);
  EXPECT_EQ(all["images"], 60);
  EXPECT_EQ(all["unseen"]["images"], 12);
  const nlohmann::json val =
      nlohmann::json::parse(run("eval run/best.safetensors data --split val --json").out);
  EXPECT_EQ(val["images"], 12);
  EXPECT_FALSE(val.contains("trained_on"));
  EXPECT_EQ(val["accuracy"], all["unseen"]["accuracy"]);
  write_dataset("others", 10);  // of the same names, but not all of them
  EXPECT_FALSE(nlohmann::json::parse(run("eval run others --json").out).contains("unseen"));
}

TEST_F(Program, TheSameSeedGivesTheSameRunWhateverTheWorkers) {
  write_dataset("data", 10);
  ASSERT_EQ(run(std::string(kTrain) + "--out one --seed 5 --workers 1 --no-cache").exit_code, 0);
  ASSERT_EQ(run(std::string(kTrain) + "--out two --seed 5 --workers 3 --no-cache").exit_code, 0);
  const auto head = [&](const char* name) {
    const weights::WeightFile file = weights::read_safetensors(folder_ / name / "last.safetensors");
    const std::span<const float> values = file.tensors.at("fc.weight").floats();
    return std::vector<float>(values.begin(), values.end());
  };
  EXPECT_EQ(head("one"), head("two"));
}

// Another learning rate, one more photo: only what is new is computed, and nothing differs.
TEST_F(Program, FeaturesAreKeptBetweenRuns) {
  write_dataset("data", 10);
  const std::string command = std::string(kTrain) + "--seed 5 --json ";
  ASSERT_EQ(run(command + "--out one").exit_code, 0);
  const auto records = [&] {
    std::int64_t sum = 0;
    const nlohmann::json cache = nlohmann::json::parse(run("cache --json").out);
    EXPECT_GT(cache["bytes"], 0);
    for (const nlohmann::json& entry : cache["entries"]) {
      sum += entry["records"].get<std::int64_t>();
    }
    return sum;
  };
  const std::int64_t before = records();
  EXPECT_GE(before, 20 + 4 + 16);  // pictures checked, validation, a view of each for training
  ASSERT_EQ(run(command + "--out two").exit_code, 0);
  EXPECT_EQ(records(), before);
  ASSERT_EQ(run(command + "--out three --no-cache").exit_code, 0);
  EXPECT_EQ(base::read_text(folder_ / "one" / "last.safetensors"),
            base::read_text(folder_ / "two" / "last.safetensors"));
  // Every column but the seconds.
  const auto losses = [&](const char* name) {
    std::istringstream cells(base::read_text(folder_ / name / "metrics.csv"));
    std::string text;
    int column = 0;
    for (char c = 0; cells.get(c);) {
      if (c == ',') ++column;
      if (c == '\n') column = 0;
      if (column != 2) text += c;
    }
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5);  // the header and four epochs
    return text;
  };
  EXPECT_EQ(losses("one"), losses("three"));

  EXPECT_THAT(run("cache").out, HasSubstr("sprout up to"));
  EXPECT_EQ(run("cache trim --to 1").exit_code, 0);
  EXPECT_EQ(records(), before);
  EXPECT_EQ(run("cache clear").exit_code, 0);
  EXPECT_TRUE(nlohmann::json::parse(run("cache --json").out)["entries"].empty());
}

// Eight bits: calibrated on the training pictures, judged, and kept with the model for later.
TEST_F(Program, ComputesIn8Bits) {
  write_dataset("data", 30);
  const Outcome trained =
      run("train data --model sprout --lr auto --precision int8 --out run --json");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const std::string found = "int8 on 32 pictures: cosine of features to fp32 ";
  EXPECT_THAT(trained.err, testing::AnyOf(HasSubstr(found + "0.9"), HasSubstr(found + "1.0000")));
  EXPECT_GE(nlohmann::json::parse(trained.out)["best_accuracy"], 80.0);
  const nlohmann::json record =
      nlohmann::json::parse(base::read_text(folder_ / "run" / "run.json"));
  EXPECT_EQ(record["options"]["precision"], "int8");

  const auto logits = [&](const std::string& precision) {
    const Outcome outcome =
        run("predict run data/down/1.jpg --json --logits --precision " + precision);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return nlohmann::json::parse(outcome.out)[0]["logits"].get<std::vector<double>>();
  };
  EXPECT_NE(logits("int8"), logits("fp32"));
  EXPECT_EQ(run("eval run data --precision int8").exit_code, 0);
  const Outcome unknown = run("predict sprout data/down/1.jpg --precision int8");
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("train with --precision int8"));

  const Outcome attention =
      run("features data --model dinov2_vits14 --weights none --precision int8 "
          "--val-transforms 'resize(28x28)' -o f.npy");
  EXPECT_EQ(attention.exit_code, 0) << attention.err;
  EXPECT_THAT(attention.err, HasSubstr("this network has none"));
}

TEST_F(Program, FindsTheBestHeadByItself) {
  write_dataset("data", 30);
  const Outcome outcome = run("train data --model sprout --lr auto --out run --json");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("chosen by cross-validation"));
  EXPECT_GE(nlohmann::json::parse(outcome.out)["best_accuracy"], 80.0);
  const nlohmann::json record =
      nlohmann::json::parse(base::read_text(folder_ / "run" / "run.json"));
  EXPECT_EQ(record["options"]["lr"], "auto");
  EXPECT_GT(record["results"]["penalty"], 0.0);
  EXPECT_EQ(record["method"], "best head");
  const Outcome same = run("train data --model sprout --out same --json");  // the default
  ASSERT_EQ(same.exit_code, 0) << same.err;
  const auto head = [&](const char* name) {
    const weights::WeightFile file = weights::read_safetensors(folder_ / name / "best.safetensors");
    const std::span<const float> values = file.tensors.at("fc.weight").floats();
    return std::vector<float>(values.begin(), values.end());
  };
  EXPECT_EQ(head("run"), head("same"));
  run("train data --model sprout --epochs 1 --out steps");
  EXPECT_EQ(nlohmann::json::parse(base::read_text(folder_ / "steps" / "run.json"))["options"]["lr"]
                .dump(),
            "0.0005");
  const Outcome refused = run("train data --model vgg11 --weights none --train all --lr auto");
  EXPECT_EQ(refused.exit_code, 1);
  // MaxViT's head has no bias; that is said before any picture is read, and leaves nothing.
  const Outcome unsuitable = run("train data --model maxvit_t --weights none --lr auto --out none");
  EXPECT_EQ(unsuitable.exit_code, 1);
  EXPECT_THAT(unsuitable.err, HasSubstr("--optimizer lbfgs"));
  EXPECT_FALSE(fs::exists(folder_ / "none"));
  EXPECT_EQ(run("train data --model sprout --lr fast").exit_code, 2);
}

TEST_F(Program, TrainsOnAnOnnxFile) {
  write_dataset("data", 20);
  const std::string model = (base::source_folder() / "src/onnx/testdata/resnet.onnx").string();
  EXPECT_THAT(run("show " + model).out, HasSubstr("(fc): Linear(in_features=16, out_features=5"));
  const Outcome trained = run("train data --model " + model + " --lr auto --out run --json");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const nlohmann::json evaluated = nlohmann::json::parse(run("eval run data --json").out);
  EXPECT_EQ(evaluated["images"], 40);
  EXPECT_GE(evaluated["accuracy"], 80.0);  // chance is 50
  EXPECT_THAT(run("predict " + model + " data/down/1.jpg").out, HasSubstr("data/down/1.jpg: "));
  write_file("no.onnx", "not a network");
  const Outcome refused = run("train data --model no.onnx --out other");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("no.onnx"));
  EXPECT_FALSE(fs::exists(folder_ / "other"));
}

TEST_F(Program, ARecipeSetsOptionsAndTheCommandLineWins) {
  write_dataset("data", 5);
  write_file("r.toml", "model = \"sprout\"\nepochs = 2\nbatch = 4\ntrain = [\"fc.weight\"]\n");
  const Outcome outcome = run("train data --recipe r.toml --epochs 1 --out run --json");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const nlohmann::json record =
      nlohmann::json::parse(base::read_text(folder_ / "run" / "run.json"));
  EXPECT_EQ(record["options"]["epochs"], 1);
  EXPECT_EQ(record["options"]["batch"], 4);
  EXPECT_EQ(record["network"]["trainable"], std::vector<std::string>{"fc.weight"});
  write_file("bad.toml", "modle = \"sprout\"\n");
  const Outcome bad = run("train data --recipe bad.toml");
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_THAT(bad.err, HasSubstr("modle"));
}

TEST_F(Program, StopsAtTheAccuracyAskedFor) {
  write_dataset("data", 20);
  const Outcome outcome = run(std::string(kTrain) + "--batch 4 --eval-every 1 --stop-at 40 --json");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const nlohmann::json result = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(result["stopped"], "accuracy reached");
  EXPECT_LT(result["iterations"], 32);
}

TEST_F(Program, TheSplitKeepsClassesWholeAndCopiesTogether) {
  write_dataset("data", 2);
  const Outcome few = run(std::string(kTrain) + "--out few --json");
  ASSERT_EQ(few.exit_code, 0) << few.err;
  EXPECT_EQ(nlohmann::json::parse(few.out)["images"]["val"], 1);
  EXPECT_THAT(few.err, HasSubstr("no picture for validation in 1 class ("));

  write_dataset("data", 10);
  write_picture("data/rare/1.jpg", true, 99);
  fs::copy(folder_ / "data/down/1.jpg", folder_ / "data/down/again.jpg");
  const Outcome copies = run(std::string(kTrain) + "--out copies");
  ASSERT_EQ(copies.exit_code, 0) << copies.err;
  EXPECT_THAT(copies.err, AllOf(HasSubstr("1 picture is there more than once (2 files"),
                                HasSubstr("no picture for validation in 1 class (rare)")));
  EXPECT_EQ(run(std::string(kTrain) + "--no-stratify --out chance").exit_code, 0);
}

TEST_F(Program, ATestSideIsKeptApartAndEvaluated) {
  for (const char* side : {"train", "val", "test_set"})
    write_dataset(std::string("data/") + side, 6);
  write_picture("data/test_set/across/more.jpg", false, 77);
  write_file("data/docs/notes.txt", "x");
  const Outcome trained = run(std::string(kTrain) + "--val-fraction 0.3 --out run");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.out, HasSubstr("12 for training, 12 for validation, 13 kept apart"));
  EXPECT_THAT(trained.err, AllOf(HasSubstr("data is split already"),
                                 HasSubstr("passed over: docs: lies beside train")));
  const auto images = [&](const std::string& options) {
    const Outcome outcome = run("eval run data --json " + options);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return nlohmann::json::parse(outcome.out)["images"].get<int>();
  };
  EXPECT_EQ(images(""), 13);
  EXPECT_EQ(images("--split val"), 12);
  EXPECT_EQ(images("--split all"), 37);
}

TEST_F(Program, EvaluatesWhatCouldNotBeTrainedOn) {
  write_dataset("data", 6);
  ASSERT_EQ(run(std::string(kTrain) + "--out run").exit_code, 0);
  write_picture("one/down/1.jpg", true, 5);
  EXPECT_EQ(run("eval run one").exit_code, 0);
  fs::create_directories(folder_ / "one/empty");
  EXPECT_EQ(run("eval run one").exit_code, 0);
}

TEST_F(Program, ItsOwnRunsAreNoClass) {
  write_dataset("data", 6);
  for (const char* out : {"data/runs/sprout-1", "data/runs/sprout-2", "data/mine"}) {
    const Outcome outcome = run(std::string(kTrain) + "--out " + out);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("12 pictures in 2 classes (across, down)"));
  }
}

TEST_F(Program, ChecksWhatCannotBeTrainedOn) {
  write_picture("data/cats/1.jpg", true, 1);
  fs::create_directories(folder_ / "data/dogs");
  fs::create_directories(folder_ / "data/@eaDir");
  write_file("data/birds/1.jpg", "<html>");
  const Outcome outcome = run("check data --json");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const nlohmann::json found = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(found["images"], 1);
  EXPECT_EQ(found["gaps"].size(), 2U);
  EXPECT_EQ(found["skipped"].size(), 1U);
  EXPECT_EQ(found["passed_over"][0]["path"], "@eaDir");
  EXPECT_EQ(run("check data --strict").exit_code, 3);
}

TEST_F(Program, UnreadablePicturesAreLeftOutAndListed) {
  write_dataset("data", 8);
  write_file("data/down/zero.jpg", "");
  write_file("data/down/page.jpg", "<html></html>");
  const std::string whole = base::read_text(folder_ / "data/down/0.jpg");
  write_file("data/down/cut.jpg", whole.substr(0, whole.size() / 5));
  write_file("data/down/huge.pgm", "P5 60000 60000 255\n");
  write_file("data/down/readme.txt", "hello");
  const Outcome outcome = run(std::string(kTrain) + "--json");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(nlohmann::json::parse(outcome.out)["images"]["skipped"], 5);
  EXPECT_THAT(
      outcome.err,
      AllOf(HasSubstr("down/zero.jpg: zero bytes"), HasSubstr("down/page.jpg: not an image"),
            HasSubstr("down/cut.jpg: "), HasSubstr("60000"), HasSubstr("readme.txt")));
  const Outcome strict = run(std::string(kTrain) + "--strict --out strict");
  EXPECT_EQ(strict.exit_code, 1);

  const Outcome checked = run("check data --json");
  EXPECT_EQ(checked.exit_code, 0);
  EXPECT_EQ(nlohmann::json::parse(checked.out)["skipped"].size(), 5U);
  EXPECT_EQ(run("check data --strict").exit_code, 3);
}

TEST_F(Program, DataThatCannotBeTrainedOnIsSaidPlainlyAndLeavesNothing) {
  const auto expect_failure = [&](const std::string& data, const std::string& reason) {
    const Outcome outcome = run("train " + data + " --model sprout");
    EXPECT_EQ(outcome.exit_code, 1) << data;
    EXPECT_THAT(outcome.err, HasSubstr(reason)) << data;
    EXPECT_FALSE(fs::exists(folder_ / "runs")) << data;
  };
  expect_failure("absent", "absent");
  fs::create_directories(folder_ / "empty");
  expect_failure("empty", "empty");
  write_picture("single/cats/1.jpg", true, 1);
  expect_failure("single", "one class");
  write_picture("flat/1.jpg", true, 1);
  expect_failure("flat", "folder");
  write_picture("unreadable/cats/1.jpg", true, 1);
  write_file("unreadable/dogs/1.jpg", "nothing like a picture");
  expect_failure("unreadable", "dogs");
  write_picture("hollow/cats/1.jpg", true, 1);
  fs::create_directories(folder_ / "hollow/dogs");
  expect_failure("hollow", "dogs");
}

TEST_F(Program, WeightsThatDoNotFitAreListedAndNothingIsWritten) {
  write_dataset("data", 4);
  weights::write_safetensors(folder_ / "other.safetensors",
                             {{"conv1.weight", base::Tensor(base::DType::kFloat32, {8})}}, {});
  const Outcome other = run("train data --model sprout --weights other.safetensors");
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_THAT(other.err, AllOf(HasSubstr("conv1.weight [8] instead of"), HasSubstr("missing"),
                               HasSubstr("bn1.weight")));
  const Outcome absent = run("train data --model resnet18");
  EXPECT_EQ(absent.exit_code, 1);
  EXPECT_THAT(absent.err, HasSubstr("resnet18-f37072fd.pth"));
  EXPECT_EQ(run("train data --model resnet19").exit_code, 1);
  const Outcome deep = run("train data --model sprout --train 'layer4.*'");
  EXPECT_EQ(deep.exit_code, 1);
  EXPECT_THAT(deep.err, HasSubstr("from fc on (--train head, or --train 'fc.*')"));
  const Outcome pattern = run("train data --model sprout --train classifier.6.weight");
  EXPECT_EQ(pattern.exit_code, 1);
  EXPECT_THAT(pattern.err, HasSubstr("its head's are fc.*"));
  EXPECT_FALSE(fs::exists(folder_ / "runs"));
}

TEST_F(Program, NeverOverwritesARun) {
  write_dataset("data", 4);
  write_file("run/mine.txt", "precious");
  const Outcome outcome = run(std::string(kTrain) + "--out run");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("not empty"));
  ASSERT_EQ(run(std::string(kTrain)).exit_code, 0);
  ASSERT_EQ(run(std::string(kTrain)).exit_code, 0);
  EXPECT_TRUE(fs::exists(folder_ / "runs/sprout-1/run.json"));
  EXPECT_TRUE(fs::exists(folder_ / "runs/sprout-2/run.json"));
}

TEST_F(Program, DrawsAGrid) {
  write_dataset("data", 6);
  for (const char* transforms : {"train", "val", "none"}) {
    const Outcome outcome =
        run("grid data -o grid.png --model sprout --transforms " + std::string(transforms));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    const base::Expected<image::DecodedImage> grid = image::read_image(folder_ / "grid.png");
    ASSERT_TRUE(grid) << grid.reason();
    // Eight pictures with labels in two rows; sprout's are of 128 pixels, those here of 64.
    const int side = std::string_view(transforms) == "none" ? 64 : 128;
    EXPECT_EQ(grid->image.width, 4 * (side + 2) + 2) << transforms;
    EXPECT_GE(grid->image.height, 2 * side) << transforms;
    // Not all of one colour: the pictures are stripes.
    EXPECT_GT(std::set<std::uint8_t>(grid->image.pixels.begin(), grid->image.pixels.end()).size(),
              20U);
    fs::remove(folder_ / "grid.png");
  }
}

TEST_F(Program, ShowsAnyOnePicture) {
  write_dataset("data", 6);
  const Outcome shown = run("grid data --image down/3.jpg -o one.JPG --model sprout");
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("one.JPG: 1 picture, "));
  EXPECT_EQ(base::read_text(folder_ / "one.JPG").substr(0, 3), "\xff\xd8\xff");
  const Outcome wrong = run("grid data --image dwon/3.jpg -o one.png --model sprout");
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.err, HasSubstr("did you mean down/3.jpg"));
  EXPECT_EQ(run("grid data -o one.gif --model sprout").exit_code, 2);
  EXPECT_THAT(run("grid data -o one --model sprout").err, HasSubstr(".png, .jpg or .jpeg"));
}

TEST_F(Program, WritesFeaturesInTheListedOrder) {
  write_dataset("data", 3);
  const Outcome outcome = run("features data --model sprout -o f.npy");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out.substr(0, 20), "across/0.jpg\tacross\n");
  EXPECT_THAT(base::read_text(folder_ / "f.npy"), HasSubstr("'shape': (6, "));
  EXPECT_EQ(run("features data --model sprout -o f.txt").exit_code, 2);
}

// A network for pictures of another scale sees pictures of that scale as the usual one sees these.
TEST_F(Program, NormalizesAsItIsTold) {
  for (int i = 0; i < 4; ++i) {
    base::Random random({static_cast<std::uint64_t>(i)});
    image::Image half(128, 128);
    for (std::uint8_t& value : half.pixels) value = static_cast<std::uint8_t>(random.below(128));
    image::Image full = half;
    for (std::uint8_t& value : full.pixels) value = static_cast<std::uint8_t>(2 * value);
    const std::string name = fmt::format("/{}/{}.png", i % 2 == 0 ? "a" : "b", i);
    for (const auto& [root, picture] : {std::pair{"full", full}, std::pair{"half", half}}) {
      fs::create_directories((folder_ / (root + name)).parent_path());
      base::write_atomically(folder_ / (root + name), image::encode_png(picture));
    }
  }
  const auto features = [&](const std::string& data, const std::string& options) {
    const Outcome outcome = run("features " + data +
                                " --model sprout --precision fp32 --exact -o f.safetensors "
                                "--val-transforms 'center_crop(128)" +
                                options);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    const base::Tensor tensor =
        weights::read_safetensors(folder_ / "f.safetensors").tensors.at("features");
    return std::vector<float>(tensor.floats().begin(), tensor.floats().end());
  };
  const std::vector<float> usual = features("full", "'");
  const std::string mean = "0.2425,0.228,0.203";
  const std::string stddev = "0.1145,0.112,0.1125";
  const std::vector<float> told = features("half", "' --mean " + mean + " --std " + stddev);
  EXPECT_THAT(told, testing::Pointwise(testing::FloatNear(1e-4F), usual));
  EXPECT_EQ(features("half", " normalize(mean=" + mean + ",std=" + stddev + ")'"), told);
  EXPECT_NE(features("half", "'"), told);

  // What a model was trained with, it is used with.
  const Outcome trained =
      run("train half --model sprout --val-fraction 0.5 --normalize none --out run");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const nlohmann::json run_json = nlohmann::json::parse(base::read_text(folder_ / "run/run.json"));
  EXPECT_THAT(run_json.dump(), HasSubstr("\"mean\":\"0,0,0\""));
  const std::string logits = run("predict run half --logits").out;
  EXPECT_EQ(run("predict run half --logits --normalize none").out, logits);
  EXPECT_NE(run("predict run half --logits --mean 0.5 --std 0.5").out, logits);
}

TEST_F(Program, ShowsNetworks) {
  EXPECT_THAT(run("show vgg16").out,
              HasSubstr("    (6): Linear(in_features=4096, out_features=1000, bias=True)"));
  EXPECT_THAT(run("show vgg16 --names").out, HasSubstr("\nclassifier.6.weight\n"));
  const std::string models = run("models").out;
  EXPECT_THAT(models, AllOf(HasSubstr("resnet152"), HasSubstr("138.4M")));
  std::istringstream lines(models);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_TRUE(line.starts_with("cache: ") || line.size() <= 80U) << line;
    EXPECT_THAT(line, Not(HasSubstr("…")));
  }
  EXPECT_EQ(nlohmann::json::parse(run("models --json").out).size(), 86U);
  const nlohmann::json small =
      nlohmann::json::parse(run("models --max-params 3 --max-macs 0.2 --sort top1 --json").out);
  ASSERT_GE(small.size(), 3U);
  EXPECT_EQ(small[0]["name"], "shufflenet_v2_x1_0");
  for (const nlohmann::json& one : small) EXPECT_LE(one["parameters"], 3'000'000);
  EXPECT_EQ(nlohmann::json::parse(run("models --cached --json").out).size(), 1U);  // sprout
}

// A name from a file is shown; the terminal, or whoever reads a pipe, acts on none of it.
TEST_F(Program, NamesActOnNoTerminal) {
  write_dataset("data", 4);
  std::filesystem::rename(folder_ / "data/down", folder_ / "data/down\x1b[2J");
  const Outcome trained = run("train data --model sprout --out run");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const Outcome predicted = run("predict run --top 2 data");
  EXPECT_THAT(predicted.out, HasSubstr("down\\x1b[2J "));  // the class
  for (const Outcome& outcome : {trained, run("eval run data"), run("check data"),
                                 run("show nowhere/\x1b[2J"), run("compare data")}) {
    EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("\x1b")));
  }
  // Paths come as they are, for whoever opens them.
  EXPECT_THAT(predicted.out, HasSubstr("data/down\x1b[2J/0.jpg: "));
}

TEST_F(Program, WhatAPictureMayTakeIsAnOption) {
  write_dataset("data", 4);
  for (const char* limit : {"--max-pixels 4095", "--max-side 63", "--max-bytes 100"}) {
    const Outcome refused = run(std::string("predict sprout data/down/0.jpg ") + limit);
    EXPECT_EQ(refused.exit_code, 0) << refused.err;
    EXPECT_THAT(refused.err, HasSubstr("1 of 1 could not be read")) << limit;
    EXPECT_THAT(run(std::string("check data ") + limit + " --json").out, HasSubstr("limit"))
        << limit;
  }
  EXPECT_EQ(run("predict sprout data/down/0.jpg --max-pixels 4096 --max-side 64").exit_code, 0);
  EXPECT_EQ(run("predict sprout data/down/0.jpg --max-side 65536").exit_code, 2);
}

TEST_F(Program, ComparesBackbones) {
  write_dataset("data", 30);
  const Outcome table = run("compare data --plot plot.svg");
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out,
              AllOf(HasSubstr("60 pictures of 2 classes"), HasSubstr("sprout is the best")));
  EXPECT_THAT(base::read_text(folder_ / "plot.svg"), HasSubstr(">sprout</text>"));

  // What cannot be tried is said, and the rest goes on.
  const Outcome mixed = run("compare data --models resnet18,sprout --json");
  EXPECT_EQ(mixed.exit_code, 0) << mixed.err;
  const nlohmann::json results = nlohmann::json::parse(mixed.out);
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0]["model"], "sprout");
  EXPECT_GE(results[0]["accuracy"], 80.0);
  EXPECT_LE(results[0]["low"], results[0]["accuracy"]);
  EXPECT_GT(results[0]["images_per_second"], 0.0);
  EXPECT_THAT(results[1]["error"].get<std::string>(), HasSubstr("ENGRAFT_OFFLINE"));
  EXPECT_EQ(run("compare data --models resnet18").exit_code, 1);
  EXPECT_EQ(run("compare data --models sprout --plot plot.gif").exit_code, 2);
}

TEST_F(Program, CtrlCSavesWhatWasReached) {
  write_dataset("data", 10);
  base::write_atomically(folder_ / "in", "");
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string endless =
        command("train data --model sprout --epochs 1000000 --views 1 --out run");
    ::execl("/bin/sh", "sh", "-c", endless.c_str(), nullptr);
    ::_exit(127);
  }
  // Until the first validation is printed.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!fs::exists(folder_ / "out") ||
         base::read_text(folder_ / "out").find("iteration ") == std::string::npos) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  ::kill(child, SIGINT);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  const Outcome stopped = outcome(status);
  EXPECT_EQ(stopped.exit_code, 130) << stopped.err;
  EXPECT_THAT(stopped.out, HasSubstr("interrupted: what was reached is saved"));
  EXPECT_EQ(run("eval run data").exit_code, 0);
  EXPECT_TRUE(fs::exists(folder_ / "run/run.json"));
}

}  // namespace
}  // namespace engraft
