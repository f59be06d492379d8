// Names for the classes of a network that comes without them: a state_dict says how many there are,
// never which.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/model.h"

namespace engraft::model {

// From an option's text: "ants,bees", or a file with a name a line, a JSON list of names, or JSON
// as {"ants": 0, "bees": 1} (torchvision's class_to_idx). A name with a comma needs a file. Throws
// Error for a file that is none of these, and for names that are empty, double or not UTF-8.
std::vector<std::string> read_class_names(const std::string& text_or_file);

// From such a file's content.
std::vector<std::string> parse_class_names(std::string_view text);

// Gives the model's classes these names, in the order of its logits. Throws Error where they are
// not as many.
void name_classes(Model& model, std::vector<std::string> names);

}  // namespace engraft::model
