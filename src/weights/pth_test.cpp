#include "weights/pth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/random.h"
#include "engraft/error.h"
#include "weights/pickle.h"

namespace engraft {
namespace {

using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;

Bytes stored(const std::string& name) {
  return read_file(ENGRAFT_SOURCE_DIR "/src/weights/testdata/" + name + ".pth");
}

StateDict parse(const Bytes& bytes) {
  const auto owner = std::make_shared<const Bytes>(bytes);
  return parse_pth(*owner, owner, "file.pth");
}

std::string problem_of(const Bytes& bytes) {
  try {
    parse(bytes);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::vector<float> values(const Tensor& tensor) {
  const Tensor floats = tensor.as_float32();
  return {floats.floats().begin(), floats.floats().end()};
}

class PthForm : public testing::TestWithParam<std::string> {};

TEST_P(PthForm, GivesEveryTensor) {
  const StateDict state = parse(stored(GetParam()));
  ASSERT_EQ(state.size(), 8U);
  EXPECT_EQ(state.at("plain").shape(), (Shape{2, 3}));
  EXPECT_THAT(values(state.at("plain")), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_EQ(state.at("transposed").shape(), (Shape{6, 4}));
  EXPECT_THAT(std::vector<float>(values(state.at("transposed")).begin(),
                                 values(state.at("transposed")).begin() + 5),
              ElementsAre(0, 6, 12, 18, 1));
  EXPECT_THAT(values(state.at("window")), ElementsAre(8, 9, 10, 14, 15, 16));
  EXPECT_EQ(state.at("half").dtype(), DType::kFloat16);
  EXPECT_THAT(values(state.at("half")), ElementsAre(0, 0.25F, 0.5F, 0.75F));
  EXPECT_THAT(values(state.at("bfloat16")), ElementsAre(0, 0.25F, 0.5F, 0.75F));
  EXPECT_THAT(values(state.at("double")), ElementsAre(0, 1, 2));
  EXPECT_EQ(state.at("num_batches_tracked").shape(), Shape{});
  EXPECT_THAT(values(state.at("num_batches_tracked")), ElementsAre(7));
  EXPECT_THAT(values(state.at("parameter")), ElementsAre(1, 1));
}

INSTANTIATE_TEST_SUITE_P(Pth, PthForm, testing::Values("zip", "stream"),
                         [](const auto& test) { return test.param; });

TEST(Pth, ReadsTheOldestForm) {
  const StateDict state = parse(stored("tar"));
  EXPECT_EQ(state.at("plain").shape(), (Shape{2, 3}));
  EXPECT_THAT(values(state.at("plain")), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(values(state.at("one")), ElementsAre(1));
}

TEST(Pth, FindsTheStateDictWithinACheckpoint) {
  const StateDict state = parse(stored("nested"));
  EXPECT_EQ(state.size(), 2U);
  EXPECT_THAT(values(state.at("a")), ElementsAre(1, 1));
}

TEST(Pth, RefusesWhatWouldRunCode) {
  for (const char* name : {"malicious_zip", "malicious_stream"}) {
    EXPECT_THAT(problem_of(stored(name)),
                testing::AllOf(HasSubstr("file.pth: refuses"), HasSubstr("posix.system"),
                               HasSubstr("do not trust")));
  }
  EXPECT_THAT(problem_of(stored("torchscript")), HasSubstr("TorchScript"));
}

TEST(Pth, NamesOtherKindsOfFiles) {
  const auto bytes = [](std::string_view text) {
    const auto span = std::as_bytes(std::span(text));
    return Bytes(span.begin(), span.end());
  };
  EXPECT_THAT(problem_of({}), HasSubstr("zero bytes"));
  EXPECT_THAT(problem_of(bytes("<!DOCTYPE html>")), HasSubstr("web page"));
  EXPECT_THAT(problem_of(bytes("\x89HDF\r\n")), HasSubstr("HDF5"));
  EXPECT_THAT(problem_of(bytes("hello")), HasSubstr("neither"));
  EXPECT_THAT(problem_of(stored("no_tensors")), HasSubstr("no tensors"));
}

TEST(Pth, EveryPrefixIsAnError) {
  for (const char* name : {"zip", "stream", "tar"}) {
    const Bytes whole = stored(name);
    const std::size_t end = std::string(name) == "tar" ? 4000 : whole.size();  // then comes padding
    for (std::size_t length = 0; length < end; length += length < 600 ? 1 : 7) {
      EXPECT_NE(problem_of({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)}),
                "no error")
          << name << " " << length;
    }
  }
}

TEST(Pth, ChangedBytesAreReadOrRefusedButNeverHarm) {
  Random random({1});
  for (const char* name : {"zip", "stream", "tar", "nested"}) {
    const Bytes whole = stored(name);
    for (int round = 0; round < 2000; ++round) {
      Bytes changed = whole;
      for (int i = 0; i < 3; ++i) {
        changed[random.below(changed.size())] = static_cast<std::byte>(random.below(256));
      }
      problem_of(changed);  // the sanitizers watch
    }
  }
}

TEST(Pth, AChangedNumberInAZipFailsItsChecksum) {
  Bytes changed = stored("zip");
  const float wanted = 5;  // in "plain"
  const auto* bytes = reinterpret_cast<const std::byte*>(&wanted);
  const auto found = std::search(changed.begin(), changed.end(), bytes, bytes + sizeof wanted);
  ASSERT_NE(found, changed.end());
  *found ^= std::byte{1};
  EXPECT_THAT(problem_of(changed), HasSubstr("checksum"));
}

// One pickle by itself.
std::string pickle_problem(std::string_view text) {
  std::size_t used = 0;
  try {
    read_pickle(std::as_bytes(std::span(text)), "p", {}, used);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Pickle, RefusesOtherOpcodesAndImports) {
  using namespace std::string_view_literals;
  EXPECT_THAT(pickle_problem("cos\nsystem\n(X\2\0\0\0lstR."sv), HasSubstr("os.system"));
  EXPECT_THAT(pickle_problem("cbuiltins\neval\n."sv), HasSubstr("builtins.eval"));
  EXPECT_THAT(pickle_problem("\x80\x04X\2\0\0\0osX\6\0\0\0system\x93."sv), HasSubstr("protocol 4"));
  EXPECT_THAT(pickle_problem("X\2\0\0\0osX\6\0\0\0system\x93."sv), HasSubstr("opcode 0x93"));
  EXPECT_THAT(pickle_problem("(ios\nsystem\n."sv), HasSubstr("opcode"));
}

TEST(Pickle, BoundsWhatItIsToldToRead) {
  using namespace std::string_view_literals;
  EXPECT_THAT(pickle_problem("X\xff\xff\xff\xff."sv), HasSubstr("cut off"));
  EXPECT_THAT(pickle_problem("a."sv), HasSubstr("damaged"));
  EXPECT_THAT(pickle_problem("h\1."sv), HasSubstr("damaged"));
  EXPECT_THAT(pickle_problem(")Na."sv), HasSubstr("damaged"));   // append to a tuple
  EXPECT_THAT(pickle_problem("]NNs."sv), HasSubstr("damaged"));  // an item set in a list
  // A million nested lists: neither reading nor destroying them may recurse.
  std::string nested(1'000'000, ']');
  nested += std::string(999'999, 'a') + ".";
  EXPECT_EQ(pickle_problem(nested), "no error");
}

TEST(Pth, ReadsTheRealFiles) {
  const char* variable = std::getenv("ENGRAFT_TEST_DATA");
  const Path data = variable != nullptr ? variable : ENGRAFT_SOURCE_DIR "/../shared/data";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "no real weights at " << data;
  const StateDict state =
      read_weights(data / "weights/mobilenet_v2-qnnpack-dequantised-imagenet.pth").tensors;
  EXPECT_EQ(state.at("classifier.1.weight").shape(), (Shape{1000, 1280}));
  EXPECT_EQ(read_weights(data / "weights/squeezenet1_0-deepcompression-imagenet.pth").tensors.size(),
            52U);
  const auto problem = [&](const char* name) {
    try {
      read_weights(data / "nasty/weights" / name);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(problem("resnet18-5c106cde.pth"), HasSubstr("cut off"));
  EXPECT_THAT(problem("squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5"), HasSubstr("HDF5"));
  EXPECT_THAT(problem("mobilenet_quantized_scripted_925.pt"), HasSubstr("TorchScript"));
}

}  // namespace
}  // namespace engraft
