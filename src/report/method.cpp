#include "report/method.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.h"
#include "learn/optimizer.h"
#include "report/html.h"
#include "transforms/pipeline.h"

namespace engraft::report {
namespace {

using Facts = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kListedParameters = 8;

std::string code_html(const std::string& text) {
  return text.empty() ? "" : "<code>" + escape_html(text) + "</code>";
}

std::string patterns_html(const std::string& patterns) {
  std::string html;
  for (const std::string& pattern : base::split_at_commas(patterns)) {
    html += (html.empty() ? "" : ", ") + code_html(pattern);
  }
  return html;
}

std::string parameters_html(const record::Network& network) {
  std::string html;
  std::size_t listed = 0;
  for (const std::string& name : network.trainable) {
    if (listed == kListedParameters) {
      return html + fmt::format(" and {} more", network.trainable.size() - listed);
    }
    html += (listed++ == 0 ? "" : ", ") + code_html(name);
  }
  return html;
}

std::string numbers_text(const record::Network& network) {
  std::string text = fmt::format("{} of {} numbers", base::grouped(network.trainable_count),
                                 base::grouped(network.parameter_count));
  if (network.parameter_count > 0) {
    const double percent = 100 * static_cast<double>(network.trainable_count) /
                           static_cast<double>(network.parameter_count);
    text += fmt::format(" ({:.3g}\u00A0%)", percent);
  }
  return text;
}

std::string optimizer_text(const record::Run& run) {
  const training::Settings& settings = run.settings;
  if (run.method == training::Method::kBestHead) {
    return fmt::format("lbfgs, weight decay {:g}, chosen by cross-validation on the training side",
                       run.results->penalty.value_or(0));
  }
  if (run.method == training::Method::kFit) {
    return fmt::format("lbfgs, weight decay {:g}", settings.weight_decay);
  }
  if (settings.optimizer == "sgd") {
    return fmt::format("sgd, learning rate {}, momentum {:g}, weight decay {:g}", settings.lr,
                       settings.momentum, settings.weight_decay);
  }
  const learn::OptimizerOptions defaults;
  return fmt::format("{}, learning rate {}, betas {:g} and {:g}, weight decay {:g}",
                     settings.optimizer, settings.lr, defaults.beta1, defaults.beta2,
                     settings.weight_decay);
}

std::string views_text(const record::Run& run) {
  if (!transforms::is_random(transforms::parse_pipeline(run.settings.train_transforms))) {
    return "1 of each picture: the transforms are not random";
  }
  if (run.settings.views != "fresh") {
    return fmt::format("{} of each picture, kept and reused", run.settings.views);
  }
  return run.method == training::Method::kSteps ? "fresh for each picture in every epoch"
                                                : "1 of each picture, kept and reused";
}

std::string iterations_text(const record::Run& run) {
  if (run.method == training::Method::kBestHead) return "";
  const std::string done = base::grouped(run.results->iterations) + " done, ";
  return run.method == training::Method::kFit
             ? done + "at most " + base::grouped(run.settings.epochs)
             : done + base::grouped(run.network->iterations_per_epoch) + " an epoch";
}

std::string features_text(const base::Shape& shape) {
  std::string text;
  std::int64_t numbers = 1;
  // The batch, always 1, stands first.
  for (std::size_t i = shape.size() > 1 ? 1 : 0; i < shape.size(); ++i) {
    text += (text.empty() ? "" : "\u00A0×\u00A0") + base::grouped(shape[i]);
    numbers *= shape[i];
  }
  return shape.size() > 2 ? fmt::format("{}\u00A0=\u00A0{} numbers", text, base::grouped(numbers))
                          : text + " numbers";
}

std::string stages_html(const record::Seconds& seconds) {
  std::vector<std::pair<const char*, double>> stages{
      {"opening pictures", seconds.pictures},
      {"preparing the network", seconds.network},
      {"features of validation pictures", seconds.val_features},
      {"features of training pictures", seconds.train_features},
      {"training the part that learns", seconds.head},
      {"validating", seconds.validation},
      {"saving", seconds.saving}};
  double rest = seconds.total;
  for (const auto& [name, spent] : stages) rest -= spent;
  stages.emplace_back("everything else", std::max(0.0, rest));
  double longest = 1e-9;
  for (const auto& [name, spent] : stages) longest = std::max(longest, spent);
  std::string html =
      "<table class=\"stages\">\n<caption>Where the time went, in seconds</caption>\n<tbody>\n";
  for (const auto& [name, spent] : stages) {
    html += fmt::format(
        "<tr><th scope=\"row\">{}</th><td class=\"number\">{:.1f}</td>"
        "<td class=\"bar\"><div style=\"width:{:.1f}%\"></div></td></tr>\n",
        name, spent, 100 * spent / longest);
  }
  return html + fmt::format(
                    "</tbody>\n<tfoot><tr><th scope=\"row\">in all</th>"
                    "<td class=\"number\">{:.1f}</td><td></td></tr></tfoot>\n</table>\n",
                    seconds.total);
}

}  // namespace

std::string cut_sentence(const record::Network& network) {
  if (network.train_cut.empty()) return "";
  const std::string where =
      network.train_cut == network.eval_cut
          ? fmt::format("after {}", code_html(network.train_cut))
          : fmt::format("after {} in training and after {} in validation",
                        code_html(network.train_cut), code_html(network.eval_cut));
  if (network.train_cut == "input") {
    return "There was nothing to cut off: the first layer learns too, so every picture passed "
           "through the whole network at each step.";
  }
  return fmt::format(
      "The network is cut {}: all that stands before the cut is frozen and always gives the same "
      "for the same picture, so it ran once for each view of a picture, and only its output, the "
      "features, went into the part that learns.",
      where);
}

std::string precision_text(const record::Network& network) {
  if (network.precision == "fp32") return "float32";
  if (network.precision == "bf16") {
    return "bfloat16 before the cut (sums in float32), float32 after it";
  }
  return network.other_precision == "bf16"
             ? "8-bit convolutions before the cut, the first excepted; bfloat16 for all else "
               "before it, float32 after it"
             : "8-bit convolutions before the cut, the first excepted; float32 for all else";
}

std::string method_html(const record::Run& run) {
  const training::Settings& settings = run.settings;
  const record::Network& network = *run.network;
  const bool steps = run.method == training::Method::kSteps;
  const std::string cut = cut_sentence(network);
  const Facts facts{
      {"Model", code_html(network.architecture)},
      {"Weights to begin with", code_html(run.weights)},
      {"What learns", patterns_html(settings.train)},
      {"Trainable parameters", numbers_text(network)},
      {"Their names", parameters_html(network)},
      {"Features in training",
       network.train_cut.empty() ? "" : features_text(network.train_features)},
      {"Features in validation",
       network.eval_cut.empty() ? "" : features_text(network.val_features)},
      {"Training transforms", code_html(settings.train_transforms)},
      {"Validation transforms", code_html(settings.val_transforms)},
      {"Views", views_text(run)},
      {"Optimizer", optimizer_text(run)},
      {"Epochs", steps ? fmt::format("at most {}", base::grouped(settings.epochs)) : ""},
      {"Batch", steps ? counted(settings.batch, "picture") : "all training pictures at once"},
      {"Iterations", iterations_text(run)},
      {"Validation", run.method == training::Method::kBestHead ? "once, of the head that was found"
                     : settings.eval_every != 0
                         ? "every " + counted(settings.eval_every, "iteration")
                     : steps ? "once an epoch"
                             : "every iteration"},
      {"Stop at", run.method == training::Method::kBestHead ? ""
                  : settings.stop_at == 0                   ? "no accuracy asked for"
                                          : fmt::format("{:g}\u00A0%", settings.stop_at)},
      {"Precision", precision_text(network)},
      {"Device",
       fmt::format("{}, {}", escape_html(run.device), counted(settings.workers, "worker"))},
      {"Seed", fmt::format("{}", settings.seed)}};
  return (cut.empty() ? "" : "<p>" + cut + "</p>\n") + facts_html(facts) +
         stages_html(run.results->seconds);
}

}  // namespace engraft::report
