// The public options are the one list of options: none is missing, none has another default.
#include "api/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "base/testing/temporary_folder.h"
#include "engraft/error.h"
#include "engraft/evaluate.h"
#include "engraft/predict.h"
#include "engraft/train.h"

namespace engraft::api {
namespace {

using testing::HasSubstr;

// What a struct of options says at its defaults, by name.
template <class Options>
std::map<std::string, std::string> texts_of(const Options& options) {
  std::map<std::string, std::string> texts;
  visit_options(options, [&](std::string_view name, const auto& option) {
    EXPECT_FALSE(option.given()) << name;
    texts.emplace(name, text_of(option.value()));
  });
  return texts;
}

// What the list says for a verb; `without` are what the verb's function takes otherwise.
std::map<std::string, std::string> list_for(training::Verb verb,
                                            const std::set<std::string>& without = {}) {
  const training::Settings settings;
  std::map<std::string, std::string> texts;
  training::visit_settings(settings, [&](const training::Setting& setting, const auto&) {
    const std::string name(setting.name);
    if ((setting.verbs & verb) != 0 && !without.contains(name)) {
      texts.emplace(name, training::setting_text(settings, name));
    }
  });
  return texts;
}

TEST(Options, AreThoseOfTheList) {
  EXPECT_EQ(texts_of(TrainOptions{}), list_for(training::kTrain));
  EXPECT_EQ(texts_of(FeatureOptions{}), list_for(training::kFeatures));
  // What belongs to the model is said when it is opened (with_transforms(), with_class_names()).
  EXPECT_EQ(texts_of(EvaluateOptions{}),
            list_for(training::kEval, {"weights", "classes", "batch", "val-transforms", "mean",
                                       "std", "normalize"}));
}

TEST(Options, OfPredictionsHaveTheListsDefaults) {
  const PredictOptions options;
  const training::Settings settings;
  EXPECT_EQ(options.precision, settings.precision);
  EXPECT_EQ(options.exact, settings.exact);
  EXPECT_EQ(options.exact_decode, settings.exact_decode);
  EXPECT_EQ(options.workers, settings.workers);
}

TEST(Options, AreRememberedAsGiven) {
  const training::Settings settings = to_settings(
      TrainOptions{.model = "sprout", .stratify = false, .epochs = 10, .lr = 0.0005, .views = 2});
  EXPECT_EQ(settings.given,
            (std::set<std::string, std::less<>>{"model", "stratify", "epochs", "lr", "views"}));
  EXPECT_EQ(settings.lr, "0.0005");
  EXPECT_EQ(settings.views, "2");
  EXPECT_FALSE(settings.stratify);
  EXPECT_EQ(to_settings(TrainOptions{.lr = "auto"}).lr, "auto");
}

TEST(Options, AreCheckedAsTheCommandLineIs) {
  const auto problem = [](const TrainOptions& options) {
    return base::message_of<OptionError>([&] { to_settings(options); });
  };
  EXPECT_THAT(problem({.epochs = 0}), HasSubstr("epochs 0: must be a whole number from 1"));
  EXPECT_THAT(problem({.lr = "fast"}), HasSubstr("lr fast"));
  EXPECT_THAT(problem({.optimizer = "rmsprop"}), HasSubstr("must be one of adam"));
  EXPECT_THAT(problem({.views = 1.5}), HasSubstr("views 1.5"));
}

// `.epochs = 1.5` and `.exact = "false"` do not compile.
static_assert(!GivenFor<double, std::int64_t>);
static_assert(!GivenFor<const char*, bool>);
static_assert(GivenFor<int, double>);

}  // namespace
}  // namespace engraft::api
