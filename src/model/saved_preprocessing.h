// How pictures are prepared for a model, as its saved form holds it.
#pragma once

#include <string>

#include "model/model.h"

namespace engraft::model {

// A model's preprocessing as its metadata hold it, and back; the latter throws Error where the text
// is damaged.
std::string preprocessing_text(const Model& model);
void take_preprocessing(const std::string& text, Model& model);

}  // namespace engraft::model
