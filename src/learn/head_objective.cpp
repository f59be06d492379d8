#include "learn/head_objective.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "base/parallel.h"
#include "learn/cross_entropy.h"
#include "learn/product.h"
#include "learn/softmax.h"
#include "onednn/gemm.h"

namespace engraft::learn {
namespace {

// Rows that pass at once: they and all weights stay in a core's cache.
constexpr std::size_t kBlockBytes = std::size_t{256} << 10U;

constexpr std::size_t kManyOutputs = 64;  // whose products pay only for more rows

// Rows are shared out in this many parts, each with sums of its own, so that no sum depends on how
// many cores there are; fewer where the sums would need more memory than this.
constexpr std::size_t kSlots = 32;
constexpr std::size_t kSlotBytes = std::size_t{8} << 20U;

// 1 / scale, or 0 where the channel does not vary.
float spread(float scale) { return scale > 0 ? 1 / scale : 0; }

}  // namespace

// All problems' heads, one below the other, for rows in the common scaling.
struct HeadObjective::Heads {
  std::span<const HeadProblem* const> problems;
  bool judging = false;       // rows held out, instead of those seen
  std::size_t outputs = 0;    // problems × classes
  std::vector<float> weight;  // outputs × channels
  std::vector<float> bias;    // outputs
  std::vector<double> share;  // of one row, in each problem's loss
};

// What one thread computes with.
struct HeadObjective::Worker {
  std::vector<float> read;
  std::vector<float> scaled;
  std::vector<float> logits;     // rows × outputs
  std::vector<float> at_places;  // outputs × places
};

namespace {

// Where means are this many deviations from zero at most, the products of features as they are lose
// no digits that matter, and the scaling that all problems share is left out.
constexpr float kNearZero = 4;

Scaling needed(Scaling common) {
  bool near = true;
  for (std::size_t c = 0; c < common.mean.size(); ++c) {
    near = near && std::abs(common.mean[c] * common.scale[c]) <= kNearZero;
  }
  if (near) {
    std::ranges::fill(common.mean, 0.0F);
    std::ranges::fill(common.scale, 1.0F);
  }
  return common;
}

}  // namespace

HeadObjective::HeadObjective(const HeadData& data, const Folds& folds, const Scaling& common,
                             Options options)
    : data_(data),
      folds_(folds),
      common_(needed(common)),
      scales_(common_.scale != std::vector<float>(common_.scale.size(), 1)),
      options_(std::move(options)),
      classes_(static_cast<std::size_t>(data.classes)),
      channels_(static_cast<std::size_t>(data.channels)),
      places_(static_cast<std::size_t>(data.places)),
      seen_(static_cast<std::size_t>(folds.count) + 1, static_cast<double>(data.count())) {
  for (const int fold : folds.of_row) {
    if (fold != kAlwaysSeen) --seen_[static_cast<std::size_t>(fold)];
  }
}

HeadObjective::Heads HeadObjective::heads_of(std::span<const HeadProblem* const> problems,
                                             std::span<const Parameters> at) const {
  Heads heads{.problems = problems, .outputs = problems.size() * classes_};
  heads.weight.resize(heads.outputs * channels_);
  heads.bias.resize(heads.outputs);
  heads.share.resize(problems.size());
  base::parallel_for(problems.size(), options_.workers, [&](std::size_t p, int) {
    const HeadProblem& problem = *problems[p];
    heads.share[p] =
        1 / (problem.held_out == kAlwaysSeen ? seen_.back()
                                             : seen_[static_cast<std::size_t>(problem.held_out)]);
    for (std::size_t k = 0; k < classes_; ++k) {
      const double* const own = at[p].data() + k * channels_;
      float* const weight = heads.weight.data() + (p * classes_ + k) * channels_;
      double bias = at[p][classes_ * channels_ + k];
      for (std::size_t c = 0; c < channels_; ++c) {
        const double factor = problem.scaling.scale[c] * spread(common_.scale[c]);
        weight[c] = static_cast<float>(own[c] * factor);
        bias -= own[c] * problem.scaling.scale[c] *
                (static_cast<double>(problem.scaling.mean[c]) - common_.mean[c]);
      }
      heads.bias[p * classes_ + k] = static_cast<float>(bias);
    }
  });
  return heads;
}

std::span<const float> HeadObjective::scaled_rows(std::size_t first, std::size_t count,
                                                  Worker& own) const {
  const std::span<const float> rows = rows_of(data_, first, count, own.read);
  if (!scales_) return rows;
  std::vector<float>& scaled = own.scaled;
  scaled.resize(rows.size());
  const float* from = rows.data();
  float* to = scaled.data();
  const float* const mean = common_.mean.data();
  const float* const scale = common_.scale.data();
  if (places_ == 1) {
    for (; from != rows.data() + rows.size(); from += channels_, to += channels_) {
      for (std::size_t c = 0; c < channels_; ++c) to[c] = (from[c] - mean[c]) * scale[c];
    }
    return scaled;
  }
  while (from != rows.data() + rows.size()) {
    for (std::size_t c = 0; c < channels_; ++c, from += places_, to += places_) {
      for (std::size_t i = 0; i < places_; ++i) to[i] = (from[i] - mean[c]) * scale[c];
    }
  }
  return scaled;
}

// One row's logits become their gradients where its problem sees it, else 0; or the other way
// round are judged.
void HeadObjective::judge_row(const Heads& heads, std::size_t row, std::span<float> logits,
                              Slot& slot) const {
  const auto label = static_cast<std::size_t>(data_.labels[row]);
  for (std::size_t p = 0; p < heads.problems.size(); ++p) {
    const std::span<float> own = logits.subspan(p * classes_, classes_);
    const int held_out = heads.problems[p]->held_out;
    const bool seen = held_out == kAlwaysSeen || folds_.of_row[row] != held_out;
    if (seen == heads.judging) {
      std::ranges::fill(own, 0.0F);
      continue;
    }
    HeldOut& sums = slot.sums[p];
    ++sums.rows;
    if (heads.judging) {
      sums.loss += log_sum_exp(own) - own[label];
      sums.right += predicted_class(own) == label ? 1 : 0;
      continue;
    }
    sums.loss += cross_entropy_of(own, label, heads.share[p], own);
  }
}

void HeadObjective::linear_block(const Heads& heads, std::size_t first, std::size_t count,
                                 Worker& own, Slot& slot) const {
  const std::span<const float> rows = scaled_rows(first, count, own);
  own.logits.resize(count * heads.outputs);
  const LinearSize size{static_cast<std::int64_t>(count), data_.channels,
                        static_cast<std::int64_t>(heads.outputs)};
  linear_forward(size, rows.data(), heads.weight.data(), heads.bias.data(), own.logits.data(),
                 options_.workers);
  for (std::size_t r = 0; r < count; ++r) {
    judge_row(heads, first + r, std::span(own.logits).subspan(r * heads.outputs, heads.outputs),
              slot);
  }
  if (heads.judging) return;
  for (std::size_t r = 0; r < count; ++r) {
    const float* const row = own.logits.data() + r * heads.outputs;
    for (std::size_t o = 0; o < heads.outputs; ++o) slot.bias[o] += row[o];
  }
  linear_gradients(size, rows.data(), own.logits.data(), slot.weight.data(), nullptr,
                   options_.workers);
}

void HeadObjective::relu_row(const Heads& heads, std::size_t row, Worker& own, Slot& slot) const {
  const std::span<const float> places = scaled_rows(row, 1, own);
  own.logits.resize(heads.outputs);
  own.at_places.resize(heads.outputs * places_);
  const auto outputs = static_cast<std::int64_t>(heads.outputs);
  onednn::gemm(onednn::Transpose::kNo, onednn::Transpose::kNo, outputs, data_.places,
               data_.channels, heads.weight.data(), places.data(), 0, own.at_places.data());
  for (std::size_t o = 0; o < heads.outputs; ++o) {
    float* const values = own.at_places.data() + o * places_;
    float sum = 0;
    for (std::size_t i = 0; i < places_; ++i) {
      values[i] += heads.bias[o];
      sum += std::max(0.0F, values[i]);
    }
    own.logits[o] = sum / static_cast<float>(places_);
  }
  judge_row(heads, row, own.logits, slot);
  if (heads.judging) return;
  for (std::size_t o = 0; o < heads.outputs; ++o) {
    float* const values = own.at_places.data() + o * places_;
    const float slope = own.logits[o] / static_cast<float>(places_);
    for (std::size_t i = 0; i < places_; ++i) {
      values[i] = values[i] > 0 ? slope : 0;
      slot.bias[o] += values[i];
    }
  }
  onednn::gemm(onednn::Transpose::kNo, onednn::Transpose::kYes, outputs, data_.channels,
               data_.places, own.at_places.data(), places.data(), 1, slot.weight.data());
}

// All rows, in parts. Returns false where it was stopped.
bool HeadObjective::pass(const Heads& heads) {
  const std::size_t bytes = heads.outputs * channels_ * sizeof(float);
  const std::size_t parts =
      std::min(data_.count(), std::clamp<std::size_t>(kSlotBytes / bytes, 1, kSlots));
  const std::size_t row = std::max(channels_, heads.outputs) * sizeof(float);
  const std::size_t at_once = (heads.outputs > kManyOutputs ? 4 : 1) * kBlockBytes / row;
  const std::size_t block = places_ > 1 ? 1 : std::max<std::size_t>(16, at_once);
  slots_.resize(parts);
  std::vector<Worker> workers(static_cast<std::size_t>(std::max(1, options_.workers)));
  std::atomic<bool> stopped{false};
  base::parallel_for(parts, options_.workers, [&](std::size_t part, int worker) {
    Slot& slot = slots_[part];
    if (!heads.judging) slot.weight.assign(heads.outputs * channels_, 0);
    slot.bias.assign(heads.outputs, 0);
    slot.sums.assign(heads.problems.size(), {});
    const std::size_t end = data_.count() * (part + 1) / parts;
    for (std::size_t first = data_.count() * part / parts; first < end; first += block) {
      if (stopped || (options_.stop && options_.stop())) {
        stopped = true;
        return;
      }
      Worker& own = workers[static_cast<std::size_t>(worker)];
      if (options_.kind == HeadKind::kLinear) {
        linear_block(heads, first, std::min(block, end - first), own, slot);
      } else {
        relu_row(heads, first, own, slot);
      }
    }
  });
  return !stopped;
}

std::vector<HeadValue> HeadObjective::values(std::span<const HeadProblem* const> problems,
                                             std::span<const Parameters> at) {
  const Heads heads = heads_of(problems, at);
  if (!pass(heads)) return {};
  std::vector<HeadValue> values(problems.size());
  base::parallel_for(problems.size(), options_.workers, [&](std::size_t p, int) {
    const HeadProblem& problem = *problems[p];
    HeadValue& value = values[p];
    value.gradient.resize(parameter_count());
    double squares = 0;
    for (const Slot& slot : slots_) value.value += slot.sums[p].loss * heads.share[p];
    for (std::size_t k = 0; k < classes_; ++k) {
      const std::size_t output = p * classes_ + k;
      double bias = 0;
      for (const Slot& slot : slots_) bias += slot.bias[output];
      value.gradient[classes_ * channels_ + k] = bias;
      double* const slope = value.gradient.data() + k * channels_;
      for (const Slot& slot : slots_) {
        const float* const own = slot.weight.data() + output * channels_;
        for (std::size_t c = 0; c < channels_; ++c) slope[c] += own[c];
      }
      const double* const weight = at[p].data() + k * channels_;
      for (std::size_t c = 0; c < channels_; ++c) {
        // From the common scaling to the problem's own.
        const double scale = problem.scaling.scale[c];
        const double shift = static_cast<double>(problem.scaling.mean[c]) - common_.mean[c];
        slope[c] = scale * (slope[c] * spread(common_.scale[c]) - bias * shift) +
                   problem.penalty * weight[c];
        squares += weight[c] * weight[c];
      }
    }
    value.value += problem.penalty / 2 * squares;
  });
  return values;
}

std::vector<HeldOut> HeadObjective::judge(std::span<const HeadProblem* const> problems,
                                          std::span<const Parameters> at) {
  Heads heads = heads_of(problems, at);
  heads.judging = true;
  if (!pass(heads)) return {};
  std::vector<HeldOut> sums(problems.size());
  for (const Slot& slot : slots_) {
    for (std::size_t p = 0; p < sums.size(); ++p) {
      sums[p].loss += slot.sums[p].loss;
      sums[p].right += slot.sums[p].right;
      sums[p].rows += slot.sums[p].rows;
    }
  }
  return sums;
}

HeadObjective::Head HeadObjective::unscaled(const HeadProblem& problem, Parameters at) const {
  Head head;
  head.weight.resize(classes_ * channels_);
  for (std::size_t k = 0; k < classes_; ++k) {
    double bias = at[classes_ * channels_ + k];
    for (std::size_t c = 0; c < channels_; ++c) {
      const double own = at[k * channels_ + c] * problem.scaling.scale[c];
      head.weight[k * channels_ + c] = static_cast<float>(own);
      bias -= own * problem.scaling.mean[c];
    }
    head.bias.push_back(static_cast<float>(bias));
  }
  return head;
}

std::vector<double> HeadObjective::scaled(const HeadProblem& problem, const Head& head) const {
  std::vector<double> at(parameter_count());
  for (std::size_t k = 0; k < classes_; ++k) {
    double bias = head.bias[k];
    for (std::size_t c = 0; c < channels_; ++c) {
      const double own = head.weight[k * channels_ + c];
      at[k * channels_ + c] = own * spread(problem.scaling.scale[c]);
      bias += own * problem.scaling.mean[c];
    }
    at[classes_ * channels_ + k] = bias;
  }
  return at;
}

}  // namespace engraft::learn
