// The classes and functions whose calls a pickled state_dict needs, and the storages among them. It
// is a list of what is understood, never of what is forbidden: what any other would give is
// foreign.
#pragma once

#include <optional>
#include <string>

#include "weights/pth/pickle.h"

namespace engraft::weights::pth {

// Whether a call of "module.name" makes a dictionary or a tensor.
bool is_understood(const std::string& global);

// The element type of a storage class such as "torch.FloatStorage", else nothing.
std::optional<base::DType> storage_dtype(const std::string& global);

// The storage that a ("storage", class, key, location, elements[, view]) tuple names. Throws Error
// beginning with `name`.
PickledObject load_storage(const Pickle& pickle, ObjectId id, const std::string& name);

}  // namespace engraft::weights::pth
