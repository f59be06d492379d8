#include "engraft/train.h"

#include "api/options.h"
#include "api/run_values.h"
#include "run/train.h"
#include "run/train_command.h"

namespace engraft {

Run train(const std::filesystem::path& data, const TrainOptions& options,
          const TrainEvents& events) {
  const training::Settings settings = api::to_settings(options);
  run::TrainEvents watch{.shared = events.shared};
  if (events.validated) {
    watch.validated = [&](const training::EvalPoint& point) {
      events.validated(api::to_validation(point));
    };
  }
  const run::Trained trained =
      run::train({.data = data.string(),
                  .output = options.output,
                  .command = run::train_command(data.string(), options.output, settings),
                  .settings = settings},
                 watch);
  return api::to_run(trained.folder, trained.run);
}

}  // namespace engraft
