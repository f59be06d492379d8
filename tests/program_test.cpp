// The program as its users meet it: commands, messages, exit codes, files left behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/random.h"
#include "base/testing/folders.h"
#include "image/encode.h"
#include "program.h"
#include "weights/safetensors.h"

namespace engraft {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Program : public ProgramTest {
 protected:
  // Striped pictures: the class is the direction, which any network can tell apart.
  base::Path write_picture(const std::string& name, bool vertical, std::uint64_t seed) const {
    base::Random random({seed});
    image::Image image(64, 64);
    const auto period = 4 + static_cast<int>(random.below(8));
    for (int y = 0; y < 64; ++y) {
      for (int x = 0; x < 64; ++x) {
        const bool bright = (vertical ? x : y) / period % 2 == 0;
        for (int c = 0; c < 3; ++c) {
          image.row(y)[3 * x + c] =
              static_cast<std::uint8_t>((bright ? 170 : 50) + static_cast<int>(random.below(40)));
        }
      }
    }
    const base::Path path = folder_ / name;
    fs::create_directories(path.parent_path());
    base::write_atomically(path, image::encode_jpeg(image));
    return path;
  }

  void write_dataset(const std::string& root, int count) const {
    for (int i = 0; i < count; ++i) {
      write_picture(root + "/across/" + std::to_string(i) + ".jpg", false, 2 * i);
      write_picture(root + "/down/" + std::to_string(i) + ".jpg", true, 2 * i + 1);
    }
  }

  void write_file(const std::string& name, std::string_view content) const {
    fs::create_directories((folder_ / name).parent_path());
    base::write_atomically(folder_ / name, content);
  }
};

constexpr const char* kTrain = "train data --model sprout --epochs 4 --lr 0.01 ";

TEST_F(Program, SaysWhatThereIs) {
  EXPECT_THAT(run("").out, AllOf(HasSubstr("train"), HasSubstr("predict"), HasSubstr("demo")));
  EXPECT_EQ(run("--help").exit_code, 0);
  EXPECT_EQ(run("--version").out.substr(0, 8), "engraft ");
  for (const char* verb : {"demo", "train", "eval", "predict", "compare", "features", "check",
                           "grid", "models", "show", "get"}) {
    const Outcome help = run(std::string(verb) + " --help");
    EXPECT_EQ(help.exit_code, 0) << verb;
    EXPECT_THAT(help.out, HasSubstr("Usage: engraft " + std::string(verb)));
  }
}

TEST_F(Program, WrongCommandLinesExitWith2AndSayWhy) {
  write_dataset("data", 3);
  const auto expect_usage = [&](const std::string& arguments, const std::string& reason) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments << "\n" << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(reason)) << arguments;
    EXPECT_THAT(outcome.out, IsEmpty()) << arguments;
  };
  expect_usage("trian data", "trian");
  expect_usage("train", "DATA");
  expect_usage("train data --epohcs 3", "--epohcs");
  expect_usage("train data --epochs zero", "--epochs");
  expect_usage("train data --optimizer adamax", "--optimizer");
  expect_usage("train data --train-transforms 'resize(224) swirl'", "swirl");
  expect_usage("train data --views sometimes", "--views sometimes");
  expect_usage("train data --lr auto --epochs 3 --batch 8 --views 2",
               "no use for --epochs, --batch;");
  expect_usage("train data --device cuda", "--device cuda");
  expect_usage("train data --recipe none.toml", "none.toml");
  EXPECT_FALSE(fs::exists(folder_ / "runs"));
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
  const auto losses = [&](const char* name) {
    return base::read_text(folder_ / name / "metrics.csv");
  };
  EXPECT_EQ(losses("one").substr(0, 40), losses("three").substr(0, 40));

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
  EXPECT_GT(record["options"]["weight_decay"], 0.0);
  const Outcome same = run("train data --model sprout --out same --json");  // the default
  ASSERT_EQ(same.exit_code, 0) << same.err;
  EXPECT_EQ(base::read_file(folder_ / "run" / "best.safetensors"),
            base::read_file(folder_ / "same" / "best.safetensors"));
  run("train data --model sprout --epochs 1 --out steps");
  EXPECT_EQ(nlohmann::json::parse(base::read_text(folder_ / "steps" / "run.json"))["options"]["lr"],
            5e-4F);
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
  const Outcome trained =
      run("train data --model " + model + " --epochs 8 --lr 0.01 --out run --json");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const nlohmann::json evaluated = nlohmann::json::parse(run("eval run data --json").out);
  EXPECT_EQ(evaluated["images"], 40);
  EXPECT_GE(evaluated["accuracy"],
            nlohmann::json::parse(trained.out)["best_accuracy"].get<double>() / 2);
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
  EXPECT_EQ(record["trainable"], std::vector<std::string>{"fc.weight"});
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
  EXPECT_THAT(deep.err, HasSubstr("libtorch"));
  const Outcome pattern = run("train data --model sprout --train classifier.6.weight");
  EXPECT_EQ(pattern.exit_code, 1);
  EXPECT_THAT(pattern.err, HasSubstr("fc.weight"));
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
    EXPECT_EQ(base::read_text(folder_ / "grid.png").substr(1, 3), "PNG");
    fs::remove(folder_ / "grid.png");
  }
}

TEST_F(Program, WritesFeaturesInTheListedOrder) {
  write_dataset("data", 3);
  const Outcome outcome = run("features data --model sprout -o f.npy");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out.substr(0, 20), "across/0.jpg\tacross\n");
  EXPECT_THAT(base::read_text(folder_ / "f.npy"), HasSubstr("'shape': (6, "));
  EXPECT_EQ(run("features data --model sprout -o f.txt").exit_code, 2);
}

TEST_F(Program, ShowsNetworks) {
  EXPECT_THAT(run("show vgg16").out,
              HasSubstr("    (6): Linear(in_features=4096, out_features=1000, bias=True)"));
  EXPECT_THAT(run("show vgg16 --names").out, HasSubstr("\nclassifier.6.weight\n"));
  EXPECT_THAT(run("models").out, AllOf(HasSubstr("resnet152"), HasSubstr("138,357,544")));
  EXPECT_EQ(nlohmann::json::parse(run("models --json").out).size(), 86U);
  const nlohmann::json small =
      nlohmann::json::parse(run("models --max-params 3 --max-macs 0.2 --sort top1 --json").out);
  ASSERT_GE(small.size(), 3U);
  EXPECT_EQ(small[0]["name"], "shufflenet_v2_x1_0");
  for (const nlohmann::json& one : small) EXPECT_LE(one["parameters"], 3'000'000);
  EXPECT_EQ(nlohmann::json::parse(run("models --cached --json").out).size(), 1U);  // sprout
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
