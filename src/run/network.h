// The networks that jobs are about, by the names that people give them.
#pragma once

#include <string>

#include "base/events.h"
#include "model/model.h"
#include "model/preparation.h"
#include "pretrained/pretrained.h"
#include "training/settings.h"

namespace engraft::run {

// How pictures are to be prepared, as far as the settings say it. Throws OptionError for what makes
// no sense, or contradicts itself.
model::Preparation preparation_of(const training::Settings& settings);

// Whether that is a saved model's name: a file or a run folder. A network of the zoo keeps its
// name, whatever lies in the working directory; ./NAME is a folder of it.
bool is_saved_model(const std::string& name);

// A saved model (a file, or a run folder's best), or a network of the zoo or an ONNX file with the
// settings' weights; prepared as --val-transforms says. Throws Error; OptionError for transforms
// that cannot be read.
model::Model open_model(const std::string& name, const training::Settings& settings,
                        const base::Events& events);

// A network of the zoo or an ONNX file, to be given a head (pretrained::for_classes). Throws Error.
pretrained::Pretrained open_backbone(const std::string& name, const std::string& weights,
                                     const training::Settings& settings,
                                     const base::Events& events);

// Downloads what is not here yet of a network's published weights; returns where they lie.
base::Path fetch_weights(const std::string& name, const std::string& weights,
                         const base::Events& events);

// Makes a parsing problem in an option's value a wrong command line.
transforms::Pipeline parse_pipeline_option(const std::string& option, const std::string& text);

}  // namespace engraft::run
