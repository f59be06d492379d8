// What the shared libraries show of themselves and what they need, as the linker sees it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> lines_of(const std::string& command) {
  std::FILE* pipe = ::popen(command.c_str(), "r");
  std::string text;
  std::array<char, 4096> part;
  while (const std::size_t count = std::fread(part.data(), 1, part.size(), pipe)) {
    text.append(part.data(), count);
  }
  EXPECT_EQ(::pclose(pipe), 0) << command;
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// Names that other programs could link with.
std::vector<std::string> exported(const std::string& library) {
  std::vector<std::string> names;
  for (const std::string& line : lines_of("nm -D -C --defined-only " + library)) {
    names.push_back(line.substr(line.find(' ', line.find(' ') + 1) + 1));  // address, kind, name
  }
  return names;
}

bool is_ours(std::string name) {
  for (const char* front : {"typeinfo for ", "typeinfo name for ", "vtable for "}) {
    if (name.starts_with(front)) name.erase(0, std::string(front).size());
  }
  // A floor's names are engraft::FOLDER::; the public ones stand in engraft:: itself.
  const std::size_t arguments = name.find('(');
  const std::string plain = name.substr(0, arguments);
  for (const char* floor :
       {"base",    "cache",      "image",    "transforms", "data",       "graph",
        "weights", "fetch",      "zoo",      "onnx",       "onednn",     "infer",
        "model",   "pretrained", "features", "learn",      "prediction", "training",
        "record",  "report",     "run",      "api"}) {
    if (plain.starts_with("engraft::" + std::string(floor) + "::")) return false;
  }
  return plain.starts_with("engraft::") || plain.starts_with("engraft_");
}

std::vector<std::string> strangers(const std::vector<std::string>& names) {
  std::vector<std::string> found;
  for (const std::string& name : names) {
    if (!is_ours(name)) found.push_back(name);
  }
  return found;
}

TEST(SharedLibraries, ShowThePublicFaceAlone) {
  const std::vector<std::string> all = exported(ENGRAFT_LIBRARY);
  const std::vector<std::string> predicting = exported(ENGRAFT_PREDICT_LIBRARY);
  EXPECT_THAT(strangers(all), IsEmpty());
  EXPECT_THAT(strangers(predicting), IsEmpty());
  EXPECT_THAT(all, Contains("engraft_train"));
  EXPECT_THAT(all, Contains(HasSubstr("engraft::train(")));
  EXPECT_THAT(predicting, Contains("engraft_predict_frames"));
  EXPECT_THAT(predicting, Contains(HasSubstr("engraft::load_model(")));
  EXPECT_THAT(predicting, Not(Contains("engraft_train")));
  // The one has everything that the other has.
  for (const std::string& name : predicting) EXPECT_THAT(all, Contains(name));
}

TEST(SharedLibraries, TheOneThatPredictsHasNeitherZooNorDownloads) {
  EXPECT_THAT(lines_of("readelf -d " ENGRAFT_PREDICT_LIBRARY), Not(Contains(HasSubstr("libcurl"))));
  EXPECT_THAT(lines_of("nm -C " ENGRAFT_PREDICT_LIBRARY),
              Not(Contains(HasSubstr("engraft::zoo::"))));
}

TEST(SharedLibraries, HaveAVersionedName) {
  EXPECT_THAT(lines_of("readelf -d " ENGRAFT_LIBRARY), Contains(HasSubstr("[libengraft.so.0.")));
  EXPECT_THAT(lines_of("readelf -d " ENGRAFT_PREDICT_LIBRARY),
              Contains(HasSubstr("[libengraft-predict.so.0.")));
}

}  // namespace
