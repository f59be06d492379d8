// The classes and functions that a pickled state_dict may name, and the storages among them. It is
// a list of what is allowed, never of what is forbidden: whatever is not on it is refused.
#pragma once

#include <optional>
#include <string>

#include "weights/pth/pickle.h"

namespace engraft::weights::pth {

// Whether "module.name" is on the list.
bool is_known_global(const std::string& global);

// The element type of a storage class such as "torch.FloatStorage", else nothing.
std::optional<base::DType> storage_dtype(const std::string& global);

// The storage that a ("storage", class, key, location, elements[, view]) tuple names. Throws Error
// beginning with `name`.
PickledObject load_storage(const Pickle& pickle, ObjectId id, const std::string& name);

}  // namespace engraft::weights::pth
