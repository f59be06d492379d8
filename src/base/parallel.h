// The only place that makes threads. Work is split over whole items (a batch of pictures, say), and
// each worker computes its items on one core, so that decoding and convolutions never compete.
// Threads are kept from one call to the next, so that even a millisecond's work can be shared.
#pragma once

#include <cstddef>
#include <functional>

namespace engraft::base {

// How many threads this process can usefully run: the processors it may use (affinity and cgroup
// quota included), at least 1. Asks the system each time.
int usable_processors();

// Calls body(item, worker) for each item in [0, items), from up to `workers` threads (the caller's
// among them); worker is in [0, workers), and no two threads have the same at once. Items are begun
// in ascending order. Returns when all are done; the first exception thrown stops further items and
// is rethrown here. Calls may be nested, and come from several threads: a call whose helpers are
// all busy is done by its caller alone.
void parallel_for(std::size_t items, int workers,
                  const std::function<void(std::size_t item, int worker)>& body);

}  // namespace engraft::base
