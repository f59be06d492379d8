#include "weights/pth/pth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "base/random.h"
#include "base/testing/folders.h"
#include "engraft/error.h"
#include "weights/pth/testing/written_pth.h"
#include "weights/weight_file.h"

namespace engraft::weights::pth {
namespace {

using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::string_view_literals;

base::Bytes stored(const std::string& name) {
  return base::read_file(base::source_folder() / "src/weights/pth/testdata" / (name + ".pth"));
}

base::StateDict parse(const base::Bytes& bytes) {
  const auto owner = std::make_shared<const base::Bytes>(bytes);
  return parse_pth(*owner, owner, "file.pth").tensors;
}

std::string problem_of(const base::Bytes& bytes) {
  try {
    parse(bytes);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::vector<float> values(const base::Tensor& tensor) {
  const base::Tensor floats = tensor.as_float32();
  return {floats.floats().begin(), floats.floats().end()};
}

class PthForm : public testing::TestWithParam<std::string> {};

TEST_P(PthForm, GivesEveryTensor) {
  const base::StateDict state = parse(stored(GetParam()));
  ASSERT_EQ(state.size(), 8U);
  EXPECT_EQ(state.at("plain").shape(), (base::Shape{2, 3}));
  EXPECT_THAT(values(state.at("plain")), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_EQ(state.at("transposed").shape(), (base::Shape{6, 4}));
  std::vector<float> transposed = values(state.at("transposed"));
  ASSERT_EQ(transposed.size(), 24U);
  transposed.resize(5);
  EXPECT_THAT(transposed, ElementsAre(0, 6, 12, 18, 1));
  EXPECT_THAT(values(state.at("window")), ElementsAre(8, 9, 10, 14, 15, 16));
  EXPECT_EQ(state.at("half").dtype(), base::DType::kFloat16);
  EXPECT_THAT(values(state.at("half")), ElementsAre(0, 0.25F, 0.5F, 0.75F));
  EXPECT_THAT(values(state.at("bfloat16")), ElementsAre(0, 0.25F, 0.5F, 0.75F));
  EXPECT_THAT(values(state.at("double")), ElementsAre(0, 1, 2));
  EXPECT_EQ(state.at("num_batches_tracked").shape(), base::Shape{});
  EXPECT_THAT(values(state.at("num_batches_tracked")), ElementsAre(7));
  EXPECT_THAT(values(state.at("parameter")), ElementsAre(1, 1));
}

INSTANTIATE_TEST_SUITE_P(Pth, PthForm, testing::Values("zip", "stream"),
                         [](const auto& test) { return test.param; });

TEST(Pth, ReadsTheOldestForm) {
  const base::StateDict state = parse(stored("tar"));
  ASSERT_EQ(state.size(), 6U);
  EXPECT_EQ(state.at("plain").shape(), (base::Shape{2, 3}));
  EXPECT_THAT(values(state.at("plain")), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(values(state.at("one")), ElementsAre(1));
  EXPECT_EQ(state.at("transposed").shape(), (base::Shape{6, 4}));
  EXPECT_EQ(values(state.at("transposed"))[1], 6);
  EXPECT_THAT(values(state.at("window")), ElementsAre(8, 9, 10, 14, 15, 16));  // in a view
  EXPECT_EQ(state.at("long").dtype(), base::DType::kInt64);
  EXPECT_THAT(values(state.at("long")), ElementsAre(7));
  EXPECT_THAT(values(state.at("parameter")), ElementsAre(1, 1));
}

TEST(Pth, NamesTensorsAfterTheDictionariesThatHoldThem) {
  const base::StateDict state = parse(stored("nested"));
  EXPECT_EQ(state.size(), 2U);
  EXPECT_THAT(values(state.at("state_dict.module.a")), ElementsAre(1, 1));
}

TEST(Pth, RunsNothing) {
  for (const char* name : {"malicious_zip", "malicious_stream"}) {
    const auto bytes = std::make_shared<const base::Bytes>(stored(name));
    const PthContent content = parse_pth(*bytes, bytes, "file.pth");
    EXPECT_THAT(content.foreign, ElementsAre(testing::Pair("b", "posix.system")));
    EXPECT_THAT(values(content.tensors.at("a")), ElementsAre(1, 1));
  }
  EXPECT_THAT(problem_of(stored("torchscript")), HasSubstr("TorchScript"));
}

// torchvision's and most people's: the network beside everything that the script had in hand.
TEST(Pth, ReadsCheckpointsOfTrainingScripts) {
  const std::string number =  // numpy.float64(0.5), as NumPy pickles it
      "cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(" + pickled("f8") + "K" + '\0' +
      "K\1tR(K\3" + pickled("<") + "NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK" + '\0' +
      "tbc_codecs\nencode\n(" + pickled(std::string("\0\0\0\0\0\0\xc3\xa0?", 9)) +
      pickled("latin1") + "tRtR";
  const std::string arguments = "cargparse\nNamespace\n)\x81}(" + pickled("lr") + number +
                                pickled("path") + "cpathlib\nPosixPath\n(" + pickled("/d") + "tRub";
  const std::string momentum = "}(" + pickled("exp_avg") + WrittenTensor{}.pickle() + "u";
  const std::string optimizer = "}(" + pickled("state") +
                                "ccollections\ndefaultdict\n(c__builtin__\ndict\ntR(K" +
                                std::string(1, '\0') + momentum + "u" + pickled("param_groups") +
                                "]}" + pickled("lr") + number + "sau";
  const std::string file =
      dictionary({{"epoch", "K\3"},
                  {"best", number},
                  {"args", arguments},
                  {"optimizer", optimizer},
                  {"device", "ctorch\ndevice\n(" + pickled("cuda") + "tR"},
                  {"type", "ctorch\nfloat32\n"},
                  {"model", "ccollections\nOrderedDict\n)R(" + pickled("fc.weight") +
                                WrittenTensor{}.pickle() + "u}" + pickled("_metadata") +
                                "ccollections\nOrderedDict\n)Rsb"}});
  const auto bytes = std::make_shared<const base::Bytes>(bytes_of(stream(file)));
  const PthContent content = parse_pth(*bytes, bytes, "file.pth");
  EXPECT_THAT(values(content.tensors.at("model.fc.weight")), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(content.tensors.size(), 1U);
  EXPECT_EQ(content.foreign.at("args"), "argparse.Namespace");
  EXPECT_EQ(content.foreign.at("best"), "numpy.core.multiarray.scalar");
}

TEST(Pth, NamesOtherKindsOfFiles) {
  const auto bytes = [](std::string_view text) {
    const auto span = std::as_bytes(std::span(text));
    return base::Bytes(span.begin(), span.end());
  };
  EXPECT_THAT(problem_of({}), HasSubstr("zero bytes"));
  EXPECT_THAT(problem_of(bytes("<!DOCTYPE html>")), HasSubstr("web page"));
  EXPECT_THAT(problem_of(bytes("\x89HDF\r\n")), HasSubstr("HDF5"));
  EXPECT_THAT(problem_of(bytes("\n <html>")), HasSubstr("web page"));
  EXPECT_THAT(problem_of(bytes("version https://git-lfs.github.com/spec/v1")),
              HasSubstr("git lfs"));
  EXPECT_THAT(problem_of(bytes("\x1f\x8b\x08")), HasSubstr("gzip"));
  EXPECT_THAT(problem_of(bytes("\x80\x04.")), HasSubstr("protocol 4"));
  EXPECT_THAT(problem_of(base::Bytes(1000)), HasSubstr("zeros"));
  EXPECT_THAT(problem_of(bytes("hello")), HasSubstr("begins with \"hello\""));
  EXPECT_THAT(problem_of(bytes("hello\x1b")), testing::EndsWith("by its content"));
  for (const auto picture : {"\xff\xd8\xff\xe0\0\x10JFIF"sv, "\x89PNG\r\n\x1a\n"sv, "GIF89a"sv,
                             "RIFF\4\0\0\0WEBPVP8 "sv, "BM\x9a"sv, "II*\0"sv}) {
    EXPECT_THAT(problem_of(bytes(picture)), HasSubstr("engraft predict MODEL IMAGE"));
  }
  EXPECT_THAT(problem_of(stored("no_tensors")),
              testing::AllOf(HasSubstr("no tensors"), HasSubstr("\"a\"")));
}

TEST(Pth, EveryPrefixIsAnError) {
  for (const char* name : {"zip", "stream", "tar", "nested"}) {
    const base::Bytes whole = stored(name);
    // A tar archive ends in padding, without which nothing is lost.
    const std::byte* end = whole.data() + whole.size();
    while (std::string(name) == "tar" && end[-1] == std::byte{0}) --end;
    const auto size = static_cast<std::size_t>(end - whole.data());
    for (std::size_t length = 0; length < size; ++length) {
      const base::Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
      EXPECT_NE(problem_of(part), "no error") << name << " " << length;
    }
  }
}

TEST(Pth, TellsHowMuchIsMissing) {
  base::Bytes part = stored("stream");
  part.resize(part.size() - 3);
  EXPECT_THAT(problem_of(part), HasSubstr("cut off: 3 bytes are missing"));
  part = stored("zip");
  part.resize(part.size() - 3);
  EXPECT_THAT(problem_of(part), HasSubstr("file.pth: "));
}

TEST(Pth, ChangedBytesAreReadOrRefusedButNeverHarm) {
  base::Random random({1});
  for (const char* name : {"zip", "stream", "tar", "nested"}) {
    const base::Bytes whole = stored(name);
    for (int round = 0; round < 2000; ++round) {
      base::Bytes changed = whole;
      for (int i = 0; i < 1 + round % 3; ++i) {
        changed[random.below(changed.size())] = static_cast<std::byte>(random.below(256));
      }
      problem_of(changed);  // the sanitizers watch
    }
  }
}

TEST(Pth, AChangedNumberInAZipFailsItsChecksum) {
  base::Bytes changed = stored("zip");
  const float wanted = 5;  // in "plain"
  const auto* bytes = reinterpret_cast<const std::byte*>(&wanted);
  const auto found = std::search(changed.begin(), changed.end(), bytes, bytes + sizeof wanted);
  ASSERT_NE(found, changed.end());
  *found ^= std::byte{1};
  EXPECT_THAT(problem_of(changed), HasSubstr("checksum"));
}

TEST(Pth, ReadsTheRealFiles) {
  const base::Path data = base::shared_data();
  if (!std::filesystem::exists(data / "weights")) GTEST_SKIP() << "no real weights at " << data;
  struct Expected {  // as PyTorch 1.13 reads them
    const char* file;
    std::size_t tensors;
    double sum;
  };
  for (const Expected& expected :
       {Expected{"mobilenet_v2-qnnpack-dequantised-imagenet", 314, 12879.270607110742},
        Expected{"squeezenet1_0-deepcompression-imagenet", 52, -2466.6822272896507},
        Expected{"squeezenet1_0-torchvision-IMAGENET1K_V1-features-only", 50, -1488.1543334559967},
        Expected{"squeezenet1_1-torchvision-IMAGENET1K_V1-features-only", 50,
                 -1110.7848376851655}}) {
    const base::StateDict state =
        weights::read_weights(data / "weights" / (std::string(expected.file) + ".pth")).tensors;
    EXPECT_EQ(state.size(), expected.tensors) << expected.file;
    double sum = 0;
    for (const auto& [key, tensor] : state) {
      for (const float value : values(tensor)) sum += static_cast<double>(value);
    }
    EXPECT_NEAR(sum, expected.sum, 1e-6) << expected.file;
  }
  const auto problem = [&](const char* name) {
    try {
      weights::read_weights(data / "nasty/weights" / name);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(problem("resnet18-5c106cde.pth"), HasSubstr("cut off: 45774077 bytes"));
  EXPECT_THAT(problem("squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5"), HasSubstr("HDF5"));
  EXPECT_THAT(problem("mobilenet_quantized_scripted_925.pt"), HasSubstr("TorchScript"));
}

}  // namespace
}  // namespace engraft::weights::pth
