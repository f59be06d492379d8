// The public options as the one list of options has them: every value goes through set_setting(),
// so that a program hears of a wrong one what the command line would.
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <string>
#include <string_view>

#include "engraft/option.h"
#include "training/settings.h"

namespace engraft::api {

inline std::string text_of(const std::string& value) { return value; }
inline std::string text_of(bool value) { return value ? "true" : "false"; }
template <class Number>
requires std::integral<Number> || std::floating_point<Number> std::string text_of(Number value) {
  return fmt::format("{}", value);
}
inline std::string text_of(const NumberOrWord& value) {
  return value.is_number() ? text_of(value.number()) : value.word();
}

// Calls visit(name, option) for each option that a struct has, under the list's name.
template <class Options, class Visit>
void visit_options(const Options& options, const Visit& visit) {
  if constexpr (requires { options.model; }) visit("model", options.model);
  if constexpr (requires { options.weights; }) visit("weights", options.weights);
  if constexpr (requires { options.train; }) visit("train", options.train);
  if constexpr (requires { options.val_fraction; }) visit("val-fraction", options.val_fraction);
  if constexpr (requires { options.stratify; }) visit("stratify", options.stratify);
  if constexpr (requires { options.epochs; }) visit("epochs", options.epochs);
  if constexpr (requires { options.batch; }) visit("batch", options.batch);
  if constexpr (requires { options.lr; }) visit("lr", options.lr);
  if constexpr (requires { options.optimizer; }) visit("optimizer", options.optimizer);
  if constexpr (requires { options.weight_decay; }) visit("weight-decay", options.weight_decay);
  if constexpr (requires { options.momentum; }) visit("momentum", options.momentum);
  if constexpr (requires { options.train_transforms; }) {
    visit("train-transforms", options.train_transforms);
  }
  if constexpr (requires { options.val_transforms; }) {
    visit("val-transforms", options.val_transforms);
  }
  if constexpr (requires { options.mean; }) visit("mean", options.mean);
  if constexpr (requires { options.stddev; }) visit("std", options.stddev);
  if constexpr (requires { options.normalize; }) visit("normalize", options.normalize);
  if constexpr (requires { options.views; }) visit("views", options.views);
  if constexpr (requires { options.eval_every; }) visit("eval-every", options.eval_every);
  if constexpr (requires { options.stop_at; }) visit("stop-at", options.stop_at);
  if constexpr (requires { options.seed; }) visit("seed", options.seed);
  visit("precision", options.precision);
  visit("device", options.device);
  visit("exact", options.exact);
  visit("exact-decode", options.exact_decode);
  visit("max-pixels", options.max_pixels);
  visit("max-side", options.max_side);
  visit("max-bytes", options.max_bytes);
  visit("workers", options.workers);
  visit("no-cache", options.no_cache);
  if constexpr (requires { options.keep; }) visit("keep", options.keep);
  visit("strict", options.strict);
}

// Throws OptionError naming an option whose value cannot be.
template <class Options>
training::Settings to_settings(const Options& options) {
  training::Settings settings;
  visit_options(options, [&](std::string_view name, const auto& option) {
    if (option.given()) training::set_setting(settings, name, text_of(option.value()));
  });
  return settings;
}

}  // namespace engraft::api
