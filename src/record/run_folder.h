// A run is a folder from its first second: run.json with the options and the split are there before
// the first picture is computed, metrics.csv grows with each validation, and models, predictions
// and the report's pictures follow at the end. Everything that is told of a run later is read from
// here.
#pragma once

#include <string>
#include <string_view>

#include "data/dataset.h"
#include "record/run.h"
#include "training/loop.h"

namespace engraft::record {

// What a run is called that no --out was given for, before its number: the network's name, of one
// given by its path the file's.
std::string run_name(const std::string& model);

// A new folder `parent`/`name`-N, where N is one more than the largest there is. Throws Error.
base::Path create_numbered_folder(const base::Path& parent, const std::string& name);

// `folder`, created where needed. Throws Error where it exists and holds anything.
base::Path create_output_folder(const base::Path& folder);

// A run being written. Its folder is one's own: no two runs can have the same. Members throw Error.
class RunWriter {
 public:
  // `output`, which must be new or empty; else `parent`/`name`-N, where N is one more than the
  // largest there is.
  static RunWriter at(const base::Path& output);
  static RunWriter numbered(const base::Path& parent, const std::string& name);

  RunWriter(RunWriter&&) noexcept;
  RunWriter& operator=(RunWriter&&) = delete;
  // Removes what was written, where nothing was kept.
  ~RunWriter();

  const base::Path& folder() const { return folder_; }

  // run.json as it stands, before and after.
  void write(const Run& run);

  // split.csv.
  void write_split(const data::Dataset& data);

  // One more row of metrics.csv. From now on the run is kept.
  void add(const training::EvalPoint& point);

  // best.safetensors and, unless --keep best, last.safetensors; where they are the same model, its
  // bytes lie there once.
  void write_models(const Run& run, const training::TrainResult& result);

  // predictions.csv and logits.npy of the best model's held-out pictures, and in thumbnails/ the
  // worst of its mistakes, which are noted in `results`.
  void write_predictions(const data::Dataset& data, const training::TrainResult& result,
                         int workers, Results& results);

 private:
  RunWriter(base::Path folder, bool made, bool made_parent);
  void claim();

  base::Path folder_;
  bool made_ = false;  // the folder is ours, not only its content
  bool made_parent_ = false;
  bool kept_ = false;
};

// run.json and metrics.csv. Throws Error naming the file.
Run read_run(const base::Path& folder);

// The same from the two files' contents, the latter empty where there is no such file.
Run parse_run(std::string_view run_json, std::string_view metrics_csv);

}  // namespace engraft::record
