#include <string>
#include <utility>

#include "api/options.h"
#include "api/predict/c_guard.h"
#include "api/run_values.h"
#include "engraft/engraft.h"
#include "run/train.h"
#include "run/train_command.h"

struct engraft_options {
  engraft::training::Settings settings;
};

struct engraft_run {
  engraft::Run run;
  std::string folder;
};

namespace {

using engraft::api::guarded;
using engraft::api::require;

engraft::run::TrainEvents watching(const engraft_events& own) {
  engraft::run::TrainEvents watch;
  if (own.note != nullptr) {
    watch.shared.note = [own](const std::string& text) { own.note(own.context, text.c_str()); };
  }
  if (own.progress != nullptr) {
    watch.shared.progress = [own](const std::string& what, std::uint64_t done,
                                  std::uint64_t total) {
      own.progress(own.context, what.c_str(), done, total);
    };
  }
  if (own.stop != nullptr) {
    watch.shared.stop = [own] { return own.stop(own.context) != 0; };
  }
  if (own.validated != nullptr) {
    watch.validated = [own](const engraft::training::EvalPoint& point) {
      const engraft_validation validation{.size = sizeof(engraft_validation),
                                          .iteration = point.iteration,
                                          .epoch = point.epoch,
                                          .train_loss = point.train_loss,
                                          .train_accuracy_percent = point.train_accuracy_percent,
                                          .val_loss = point.val_loss,
                                          .val_accuracy_percent = point.val_accuracy_percent,
                                          .seconds = point.seconds};
      own.validated(own.context, &validation);
    };
  }
  return watch;
}

engraft_run* handed_over(engraft::Run run) {
  std::string folder = run.folder.string();
  return new engraft_run{std::move(run), std::move(folder)};
}

}  // namespace

engraft_options* engraft_options_new(void) { return new (std::nothrow) engraft_options; }

engraft_status engraft_options_set(engraft_options* options, const char* name, const char* value,
                                   char** error) {
  return guarded(error, [&]() -> engraft_status {
    require(options, "options");
    require(name, "name");
    require(value, "value");
    engraft::training::set_setting(options->settings, name, value);
    return ENGRAFT_OK;
  });
}

void engraft_options_free(engraft_options* options) { delete options; }

engraft_status engraft_train(const char* data, const char* output, const engraft_options* options,
                             const engraft_events* events, engraft_run** run, char** error) {
  return guarded(error, [&]() -> engraft_status {
    require(data, "data");
    require(run, "run");
    engraft::run::TrainRequest request{.data = data};
    if (output != nullptr) request.output = output;
    if (options != nullptr) request.settings = options->settings;
    request.command = engraft::run::train_command(request.data, request.output, request.settings);
    const engraft::run::Trained trained =
        engraft::run::train(request, watching(engraft::api::taken(events)));
    *run = handed_over(engraft::api::to_run(trained.folder, trained.run));
    return trained.interrupted ? ENGRAFT_STOPPED : ENGRAFT_OK;
  });
}

engraft_status engraft_run_open(const char* folder, engraft_run** run, char** error) {
  return guarded(error, [&]() -> engraft_status {
    require(folder, "folder");
    require(run, "run");
    *run = handed_over(engraft::open_run(folder));
    return ENGRAFT_OK;
  });
}

void engraft_run_free(engraft_run* run) { delete run; }

const char* engraft_run_folder(const engraft_run* run) {
  return run == nullptr ? nullptr : run->folder.c_str();
}

double engraft_run_accuracy_percent(const engraft_run* run) {
  return run == nullptr || !run->run.results ? -1 : run->run.results->best.accuracy_percent;
}

engraft_status engraft_run_model_load(const engraft_run* run, engraft_model** model, char** error) {
  return guarded(error, [&]() -> engraft_status {
    require(run, "run");
    return engraft_model_load(run->folder.c_str(), model, error);
  });
}
