#include "infer/wide_convolutions.h"

#include "infer/convolution_choices.h"
#include "infer/lower.h"
#include "infer/quantization.h"

namespace engraft::infer {

Ranges prefer_faster(const graph::Graph& graph, const base::StateDict& parameters,
                     graph::NodeId output, const ExecutorOptions& options) {
  if (options.convolutions != Convolutions::kFastest) return options.ranges;
  cache::Measurements measurements(options.measurements, onednn::processor());
  ConvolutionChoices choices(options.convolutions, measurements);
  const onednn::SingleThread alone;
  const std::vector<base::Shape> shapes = graph::infer_shapes(graph, 1, options.size_for(graph));
  const Program program = lower(graph, parameters, {output});
  const Quantization quantization(program, {output}, options.ranges);
  Ranges ranges = options.ranges;
  for (const Operation& operation : program.operations) {
    if (!quantization.is_quantized(operation)) continue;
    ranges[operation.result].wide = choices.filters_faster_than_8_bits(
        std::get<graph::Conv2d>(operation.layer), shapes[operation.inputs[0]],
        shapes[operation.result], onednn::wider_type(),
        {operation.addend.has_value(), operation.activation});
  }
  measurements.save();
  return ranges;
}

}  // namespace engraft::infer
