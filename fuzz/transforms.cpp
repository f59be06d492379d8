#include "base/random.h"
#include "target.h"
#include "transforms/pipeline.h"

void engraft::fuzz::read(std::span<const std::byte> bytes) {
  const transforms::Pipeline pipeline = transforms::parse_pipeline(text_of(bytes));
  const std::string text = to_string(pipeline);
  require(to_string(transforms::parse_pipeline(text)) == text);
  transforms::is_random(pipeline);
  transforms::output_size(pipeline);
  base::Random random({1});
  transforms::draw(pipeline, {60, 40}, random);
}
