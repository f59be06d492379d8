// A picture from its file through a pipeline, in one go, so that no more of it is decoded than the
// pipeline's result shows.
#pragma once

#include "base/expected.h"
#include "base/file.h"
#include "base/random.h"
#include "image/decode.h"
#include "image/image.h"
#include "transforms/pipeline.h"

namespace engraft::transforms {

struct LoadOptions {
  // Where the pipeline begins with resize or random_resized_crop (antialiased), a JPEG is decoded
  // at 1/2, 1/4 or 1/8 of its size, as far as what is resized stays at least twice as large as what
  // it is resized to. Exactly, it is decoded in full: the pixels that torchvision's transforms give
  // on PIL's.
  bool exact = false;
  image::Limits limits = {};
};

base::Expected<image::Image> load_picture(std::span<const std::byte> file, const Pipeline& pipeline,
                                          base::Random& random, const LoadOptions& options = {});
base::Expected<image::Image> load_picture(const base::Path& path, const Pipeline& pipeline,
                                          base::Random& random, const LoadOptions& options = {});

// The same from a picture that is decoded already.
base::Expected<image::Image> prepare_picture(image::Image picture, const Pipeline& pipeline,
                                             base::Random& random);

}  // namespace engraft::transforms
