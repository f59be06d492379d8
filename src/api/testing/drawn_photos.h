// For tests: two class folders of drawn pictures, and a cache of one's own.
#pragma once

#include <cstdlib>
#include <string>

#include "base/random.h"
#include "base/testing/temporary_folder.h"
#include "demo/drawn.h"
#include "image/encode.h"

namespace engraft::api {

class DrawnPhotos {
 public:
  explicit DrawnPhotos(std::uint64_t count) {
    const char* before = std::getenv("ENGRAFT_CACHE");
    if (before != nullptr) before_ = before;
    ::setenv("ENGRAFT_CACHE", (folder_.path() / "cache").c_str(), 1);
    for (std::uint64_t i = 0; i < count; ++i) {
      folder_.write("photos/" + name(i), image::encode_png(picture(i)));
    }
  }
  DrawnPhotos(const DrawnPhotos&) = delete;
  DrawnPhotos& operator=(const DrawnPhotos&) = delete;
  ~DrawnPhotos() {
    if (before_.empty()) {
      ::unsetenv("ENGRAFT_CACHE");
    } else {
      ::setenv("ENGRAFT_CACHE", before_.c_str(), 1);
    }
  }

  static image::Image picture(std::uint64_t i) {
    base::Random random({i});
    return demo::draw_insect(i % 2 == 0 ? demo::Insect::kAnt : demo::Insect::kBee, 96, random);
  }
  static std::string name(std::uint64_t i) {
    return std::string(i % 2 == 0 ? "ants/" : "bees/") + std::to_string(i) + ".png";
  }

  base::Path data() const { return folder_.path() / "photos"; }
  base::Path file(std::uint64_t i) const { return data() / name(i); }
  base::Path path(const std::string& name) const { return folder_.path() / name; }

 private:
  base::TestFolder folder_;
  std::string before_;
};

}  // namespace engraft::api
