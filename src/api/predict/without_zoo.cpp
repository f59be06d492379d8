#include "api/predict/earlier_models.h"

namespace engraft::api {

model::NetworkByName networks_by_name() { return {}; }

}  // namespace engraft::api
