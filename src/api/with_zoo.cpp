#include "api/predict/earlier_models.h"
#include "zoo/zoo.h"

namespace engraft::api {

model::NetworkByName networks_by_name() { return zoo::build_architecture; }

}  // namespace engraft::api
