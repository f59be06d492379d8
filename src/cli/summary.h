// What a training came to, in the last lines that it prints.
#pragma once

#include "cli/console.h"
#include "run/train.h"

namespace engraft::cli {

// Facts, the plan and each validation, a line each.
run::TrainEvents watching(Console& console);

// Why it stopped; the best accuracy with its 95 % interval, beside what always answering the
// largest class would reach; the mean of the classes' recalls, and classes that were never found;
// the time.
void print_summary(Console& console, const run::Trained& trained);

}  // namespace engraft::cli
