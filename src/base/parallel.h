// The only place that makes threads. Work is split over whole items (a batch of pictures, say), and
// each worker computes its items on one core, so that decoding and convolutions never compete.
#pragma once

#include <cstddef>
#include <functional>

namespace engraft::base {

// How many threads this process can usefully run: the processors it may use (affinity and cgroup
// quota included), at least 1.
int usable_processors();

// Calls body(item, worker) for each item in [0, items), from up to `workers` threads (the caller's
// among them); worker is in [0, workers). Items are begun in ascending order. Returns when all are
// done; the first exception thrown stops further items and is rethrown here.
void parallel_for(std::size_t items, int workers,
                  const std::function<void(std::size_t item, int worker)>& body);

}  // namespace engraft::base
