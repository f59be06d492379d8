#include "report/method.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.h"
#include "report/html.h"

namespace engraft::report {
namespace {

using Facts = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kListedParameters = 8;

std::string code_html(const std::string& text) {
  return text.empty() ? "" : "<code>" + escape_html(text) + "</code>";
}

std::string patterns_html(const std::vector<std::string>& patterns) {
  std::string html;
  for (const std::string& pattern : patterns) {
    html += (html.empty() ? "" : ", ") + code_html(pattern);
  }
  return html;
}

std::string parameters_html(const training::TrainPlan& plan) {
  std::string html;
  std::size_t listed = 0;
  for (const std::string& name : plan.trainable) {
    if (listed == kListedParameters) {
      return html + fmt::format(" and {} more", plan.trainable.size() - listed);
    }
    html += (listed++ == 0 ? "" : ", ") + code_html(name);
  }
  return html;
}

std::string numbers_text(const training::TrainPlan& plan) {
  std::string text = fmt::format("{} of {} numbers", base::grouped(plan.trainable_count),
                                 base::grouped(plan.parameter_count));
  if (plan.parameter_count > 0) {
    const double percent =
        100 * static_cast<double>(plan.trainable_count) / static_cast<double>(plan.parameter_count);
    text += fmt::format(" ({:.3g}\u00A0%)", percent);
  }
  return text;
}

std::string optimizer_text(const record::RunRecord& record) {
  const learn::OptimizerOptions& options = record.options.optimizer;
  if (record.options.automatic) {
    return fmt::format("lbfgs, weight decay {:g}, chosen by cross-validation on the training side",
                       record.result.chosen_penalty);
  }
  switch (options.kind) {
    case learn::OptimizerKind::kLbfgs:
      return fmt::format("lbfgs, weight decay {:g}", options.weight_decay);
    case learn::OptimizerKind::kSgd:
      return fmt::format("sgd, learning rate {:g}, momentum {:g}, weight decay {:g}",
                         options.learning_rate, options.momentum, options.weight_decay);
    default:
      return fmt::format("{}, learning rate {:g}, betas {:g} and {:g}, weight decay {:g}",
                         to_string(options.kind), options.learning_rate, options.beta1,
                         options.beta2, options.weight_decay);
  }
}

std::string views_text(const training::TrainOptions& options) {
  if (!transforms::is_random(options.train_transforms))
    return "1 of each picture: the transforms are not random";
  return options.views == 0 ? "fresh for each picture in every epoch"
                            : fmt::format("{} of each picture, kept and reused", options.views);
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

std::string stages_html(const training::StageSeconds& seconds) {
  std::vector<std::pair<const char*, double>> stages{
      {"preparing the network", seconds.compile},
      {"features of validation pictures", seconds.val_features},
      {"features of training pictures", seconds.train_features},
      {"training the part that learns", seconds.head},
      {"validating", seconds.validation}};
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

std::string cut_sentence(const record::RunRecord& record) {
  const training::TrainPlan& plan = record.result.plan;
  if (plan.train_cut.empty()) return "";
  const std::string where = plan.train_cut == plan.eval_cut
                                ? fmt::format("after {}", code_html(plan.train_cut))
                                : fmt::format("after {} in training and after {} in validation",
                                              code_html(plan.train_cut), code_html(plan.eval_cut));
  if (plan.train_cut == "input") {
    return "There was nothing to cut off: the first layer learns too, so every picture passed "
           "through the whole network at each step.";
  }
  return fmt::format(
      "The network is cut {}: all that stands before the cut is frozen and always gives the same "
      "for the same picture, so it ran once for each view of a picture, and only its output, the "
      "features, went into the part that learns.",
      where);
}

std::string precision_text(infer::Precision precision) {
  switch (precision) {
    case infer::Precision::kFloat32:
      return "float32";
    case infer::Precision::kBFloat16:
      return "bfloat16 before the cut (sums in float32), float32 after it";
    case infer::Precision::kInt8:
      return infer::has_native_bfloat16()
                 ? "8-bit convolutions before the cut, the first excepted; bfloat16 for all else "
                   "before it, float32 after it"
                 : "8-bit convolutions before the cut, the first excepted; float32 for all else";
  }
  return "";
}

std::string method_html(const record::RunRecord& record) {
  const training::TrainOptions& options = record.options;
  const training::TrainPlan& plan = record.result.plan;
  const graph::Graph& graph = record.result.best.graph;
  const bool lbfgs = options.optimizer.kind == learn::OptimizerKind::kLbfgs;
  const std::string cut = cut_sentence(record);
  const Facts facts{
      {"Model", code_html(graph.architecture)},
      {"Weights to begin with", code_html(record.weights)},
      {"What learns", patterns_html(options.train)},
      {"Trainable parameters", numbers_text(plan)},
      {"Their names", parameters_html(plan)},
      {"Features in training", plan.train_cut.empty() ? "" : features_text(plan.train_features)},
      {"Features in validation", plan.eval_cut.empty() ? "" : features_text(plan.val_features)},
      {"Training transforms", code_html(to_string(options.train_transforms))},
      {"Validation transforms", code_html(to_string(record.result.best.val_transforms))},
      {"Views", views_text(options)},
      {"Optimizer", optimizer_text(record)},
      {"Epochs", fmt::format("at most {}", base::grouped(options.epochs))},
      {"Batch", lbfgs ? "all training pictures at once" : counted(options.batch, "picture")},
      {"Iterations", fmt::format("{} done, {} an epoch", base::grouped(record.result.iterations),
                                 base::grouped(plan.iterations_per_epoch))},
      {"Validation", options.eval_every == 0 ? "once an epoch"
                                             : "every " + counted(options.eval_every, "iteration")},
      {"Stop at", options.stop_at_percent > 100
                      ? "no accuracy asked for"
                      : fmt::format("{:g}\u00A0%", options.stop_at_percent)},
      {"Precision", precision_text(options.plan.precision)},
      {"Device",
       fmt::format("{}, {}", escape_html(record.device), counted(options.workers, "worker"))},
      {"Seed", fmt::format("{}", options.seed)}};
  return (cut.empty() ? "" : "<p>" + cut + "</p>\n") + facts_html(facts) +
         stages_html(record.result.seconds);
}

}  // namespace engraft::report
