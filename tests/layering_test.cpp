// The floors of the house: a folder of src/ includes only itself and those listed before it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kFloors = {"base",   "image",  "data",  "graph", "weights",
                                          "zoo",    "infer",  "onnx",  "train", "autograd",
                                          "report", "export", "serve", "cli"};

// Only these folders may include the library.
struct Door {
  const char* header;
  const char* floor;
};
constexpr Door kDoors[] = {{"torch/", "autograd"}, {"oneapi/", "infer"}, {"dnnl", "infer"},
                           {"CLI/", "cli"},        {"jpeglib", "image"}, {"png.h", "image"},
                           {"webp/", "image"},     {"zip.h", "weights"}, {"curl/", "weights"},
                           {"toml++/", "cli"}};

std::size_t height(const std::string& floor) {
  return static_cast<std::size_t>(std::find(kFloors.begin(), kFloors.end(), floor) -
                                  kFloors.begin());
}

// What is wrong with the includes of one file of `floor`; empty where nothing is.
std::vector<std::string> breaches(const std::string& floor, const std::string& name,
                                  std::istream& source) {
  static const std::regex include(R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])");
  std::vector<std::string> found;
  std::smatch match;
  for (std::string line; std::getline(source, line);) {
    if (!std::regex_search(line, match, include)) continue;
    const std::string header = match[1];
    const std::string folder = header.substr(0, header.find('/'));
    if (height(folder) < kFloors.size() && height(folder) > height(floor)) {
      found.push_back(name + " includes " + header);
    }
    for (const Door& door : kDoors) {
      const bool is_test = name.find("_test.") != std::string::npos;
      if (header.starts_with(door.header) && floor != door.floor && !is_test) {
        found.push_back(name + " includes " + header + ", which only " + door.floor + " may");
      }
    }
  }
  return found;
}

TEST(Layering, EveryFolderIsAFloor) {
  for (const auto& entry : fs::directory_iterator(ENGRAFT_SOURCE_DIR "/src")) {
    if (entry.is_directory()) {
      EXPECT_THAT(kFloors, testing::Contains(entry.path().filename().string()));
    }
  }
}

TEST(Layering, IncludesRunDownwards) {
  std::size_t files = 0;
  for (const std::string& floor : kFloors) {
    const fs::path folder = fs::path(ENGRAFT_SOURCE_DIR) / "src" / floor;
    if (!fs::exists(folder)) continue;
    for (const auto& entry : fs::directory_iterator(folder)) {
      const std::string extension = entry.path().extension();
      if (extension != ".h" && extension != ".cpp") continue;
      std::ifstream source(entry.path());
      EXPECT_THAT(breaches(floor, entry.path().filename(), source), testing::IsEmpty());
      ++files;
    }
  }
  EXPECT_GT(files, 50U);
}

TEST(Layering, SeesABreach) {
  std::istringstream upwards("#include \"train/loop.h\"\n");
  EXPECT_EQ(breaches("graph", "graph.h", upwards).size(), 1U);
  std::istringstream door("#include <torch/torch.h>\n");
  EXPECT_EQ(breaches("train", "loop.h", door).size(), 1U);
  std::istringstream fine("#include \"base/file.h\"\n#include <vector>\n");
  EXPECT_EQ(breaches("train", "loop.h", fine).size(), 0U);
}

}  // namespace
