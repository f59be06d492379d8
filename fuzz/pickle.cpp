#include "weights/pth/pickle.h"

#include "target.h"

void engraft::fuzz::read(std::span<const std::byte> bytes) {
  using namespace weights::pth;
  // Whatever a persistent id is, it stands for a storage.
  const PersistentLoad load = [](const Pickle&, ObjectId) { return PickledStorage{.key = "0"}; };
  std::size_t used = 0;
  PickleBudget budget{.left = 16'000'000};
  const Pickle pickle = read_pickle(bytes, "pickle", load, used, budget);
  require(used <= bytes.size() && pickle.root < pickle.objects.size());
}
