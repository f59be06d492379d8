// The floors of the house: which folder of src/ may include which, and through which of them each
// library comes in. Tests and their helpers (*/testing/) may reach anywhere; nothing else may
// reach them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/testing/folders.h"

namespace {

namespace fs = std::filesystem;

// A floor, and those that it may include beside itself. Lowest first: a floor stands in no list
// above its own line.
const std::vector<std::pair<std::string, std::set<std::string>>> kFloors = {
    {"base", {}},
    {"cache", {"base"}},
    {"image", {"base"}},
    {"transforms", {"base", "image"}},
    {"data", {"base", "cache", "image"}},
    {"graph", {"base"}},
    {"weights/pth", {"base"}},
    {"weights", {"base", "graph", "weights/pth"}},
    {"fetch", {"base"}},
    {"zoo", {"base", "graph", "transforms", "weights"}},
    {"onnx", {"base", "graph"}},
    {"onednn", {"base", "graph"}},
    {"infer", {"base", "cache", "graph", "onednn"}},
    {"model", {"base", "graph", "transforms", "weights"}},
    {"pretrained", {"base", "fetch", "graph", "model", "onnx", "transforms", "weights", "zoo"}},
    {"features", {"base", "cache", "data", "graph", "image", "infer", "model", "transforms"}},
    {"learn", {"base", "graph", "onednn"}},
    {"prediction", {"base", "features", "graph", "image", "infer", "learn", "model", "transforms"}},
    {"training", {"base", "data", "features", "graph", "infer", "learn", "model"}},
    {"record", {"base", "data", "image", "learn", "training"}},
    {"report", {"base", "data", "learn", "record", "transforms"}},
    {"run",
     {"base", "cache", "data", "features", "fetch", "graph", "image", "infer", "learn", "model",
      "prediction", "pretrained", "record", "report", "training", "transforms", "weights", "zoo"}},
    {"api/predict",
     {"base", "cache", "features", "graph", "image", "infer", "learn", "model", "prediction",
      "transforms"}},
    {"api", {"api/predict", "base", "learn", "record", "report", "run", "training", "zoo"}},
    {"demo", {"base", "image"}},
    {"cli",
     {"base", "cache", "demo", "fetch", "graph", "image", "learn", "model", "pretrained", "record",
      "report", "run", "training", "zoo"}},
};

// Only this floor may include the library.
struct Door {
  const char* header;
  const char* floor;
};
constexpr Door kDoors[] = {{"CLI/", "cli"},
                           {"toml++/", "cli"},
                           {"oneapi/", "onednn"},
                           {"dnnl", "onednn"},
                           {"omp.h", "onednn"},
                           {"curl/", "fetch"},
                           {"archive", "weights/pth"},
                           {"zip.h", "weights/pth"},
                           {"zlib.h", "weights/pth"},
                           {"openssl/", "base"},
                           {"utf8proc", "base"},
                           {"jpeglib", "image"},
                           {"png.h", "image"},
                           {"webp/", "image"},
                           {"tiff", "image"},
                           {"gif_lib", "image"}};

bool is_test_code(const fs::path& path) {
  return path.filename().string().find("_test.") != std::string::npos ||
         path.parent_path().filename() == "testing";
}

// The folder of src/ that a path in it belongs to: "weights/pth", without "/testing".
std::string floor_of(const fs::path& relative) {
  fs::path folder = relative.parent_path();
  if (folder.filename() == "testing") folder = folder.parent_path();
  return folder.generic_string();
}

const std::set<std::string>* allowed_on(const std::string& floor) {
  for (const auto& [name, allowed] : kFloors) {
    if (name == floor) return &allowed;
  }
  return nullptr;
}

std::vector<std::string> headers_in(std::istream& source) {
  static const std::regex include(R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])");
  std::vector<std::string> headers;
  std::smatch match;
  for (std::string line; std::getline(source, line);) {
    if (std::regex_search(line, match, include)) headers.push_back(match[1]);
  }
  return headers;
}

// What is wrong with the includes of one file of `floor`; empty where nothing is.
std::vector<std::string> breaches(const std::string& floor, const std::string& name,
                                  std::istream& source) {
  const std::set<std::string>& allowed = *allowed_on(floor);
  std::vector<std::string> found;
  for (const std::string& header : headers_in(source)) {
    const std::string folder = floor_of(header);
    if (header.find("/testing/") != std::string::npos) {
      found.push_back(name + " includes " + header + ", which is for tests");
    } else if (allowed_on(folder) != nullptr && folder != floor && !allowed.contains(folder)) {
      found.push_back(name + " includes " + header);
    }
    for (const Door& door : kDoors) {
      if (header.starts_with(door.header) && floor != door.floor) {
        found.push_back(name + " includes " + header + ", which only " + door.floor + " may");
      }
    }
  }
  return found;
}

std::vector<fs::path> sources(const char* folder = "src") {
  const fs::path root = engraft::base::source_folder() / folder;
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const std::string extension = entry.path().extension();
    if (extension == ".h" || extension == ".cpp") files.push_back(fs::relative(entry, root));
  }
  return files;
}

TEST(Layering, EveryFolderIsAFloor) {
  for (const fs::path& file : sources()) EXPECT_NE(allowed_on(floor_of(file)), nullptr) << file;
}

TEST(Layering, FloorsIncludeOnlyLowerOnes) {
  std::set<std::string> lower;
  for (const auto& [floor, allowed] : kFloors) {
    for (const std::string& one : allowed) EXPECT_TRUE(lower.contains(one)) << floor << ": " << one;
    lower.insert(floor);
  }
}

TEST(Layering, IncludesFollowTheTable) {
  std::size_t files = 0;
  for (const fs::path& file : sources()) {
    if (is_test_code(file)) continue;
    std::ifstream source(engraft::base::source_folder() / "src" / file);
    EXPECT_THAT(breaches(floor_of(file), file, source), testing::IsEmpty());
    ++files;
  }
  EXPECT_GT(files, 150U);
}

TEST(Layering, TheTableAllowsNothingThatNobodyNeeds) {
  std::set<std::pair<std::string, std::string>> used;
  for (const fs::path& file : sources()) {
    if (is_test_code(file)) continue;
    std::ifstream source(engraft::base::source_folder() / "src" / file);
    for (const std::string& header : headers_in(source)) {
      used.emplace(floor_of(file), floor_of(header));
    }
  }
  for (const auto& [floor, allowed] : kFloors) {
    for (const std::string& one : allowed) {
      EXPECT_TRUE(used.contains({floor, one})) << floor << " does not include " << one;
    }
  }
}

// Fuzz targets stand beside the house: they may include every floor, but no library that has its
// door in one, and nothing in the house knows them. Only what makes their corpus, as tests make
// their files, includes what is for tests.
TEST(Layering, FuzzTargetsStandBesideTheHouse) {
  const fs::path root = engraft::base::source_folder() / "fuzz";
  std::size_t targets = 0;
  for (const fs::path& file : sources("fuzz")) {
    std::ifstream source(root / file);
    for (const std::string& header : headers_in(source)) {
      targets += header == "target.h" ? 1 : 0;
      EXPECT_TRUE(header.find("/testing/") == std::string::npos || file == "corpus.cpp") << file;
      for (const Door& door : kDoors) EXPECT_FALSE(header.starts_with(door.header)) << file;
    }
  }
  EXPECT_GT(targets, 15U);
  for (const fs::path& file : sources()) {
    std::ifstream source(engraft::base::source_folder() / "src" / file);
    const std::string text{std::istreambuf_iterator<char>(source), {}};
    EXPECT_EQ(text.find("\"fuzz/"), std::string::npos) << file;
  }
}

TEST(Layering, SeesABreach) {
  std::istringstream upwards("#include \"training/loop.h\"\n");
  EXPECT_EQ(breaches("graph", "graph.h", upwards).size(), 1U);
  std::istringstream door("#include <curl/curl.h>\n");
  EXPECT_EQ(breaches("weights", "weight_file.h", door).size(), 1U);
  std::istringstream helper("#include \"base/testing/temporary_folder.h\"\n");
  EXPECT_EQ(breaches("data", "scan.cpp", helper).size(), 1U);
  std::istringstream fine("#include \"base/file.h\"\n#include <vector>\n");
  EXPECT_EQ(breaches("training", "loop.h", fine).size(), 0U);
}

}  // namespace
