#include "training/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engraft/error.h"

namespace engraft::training {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string refusal(std::string_view name, const std::string& text) {
  Settings settings;
  try {
    set_setting(settings, name, text);
  } catch (const OptionError& error) {
    EXPECT_THAT(settings.given, SizeIs(0));
    return error.what();
  }
  return "taken";
}

TEST(Settings, TakesTextsAndRemembersWhatWasGiven) {
  Settings settings;
  set_setting(settings, "epochs", "3");
  set_setting(settings, "val-fraction", "0.25");
  set_setting(settings, "lr", "1e-3");
  set_setting(settings, "exact", "true");
  set_setting(settings, "seed", "18446744073709551615");
  EXPECT_EQ(settings.epochs, 3);
  EXPECT_EQ(settings.val_fraction, 0.25);
  EXPECT_EQ(settings.lr, "1e-3");
  EXPECT_TRUE(settings.exact);
  EXPECT_EQ(settings.seed, 18446744073709551615U);
  EXPECT_TRUE(settings.is_given("lr"));
  EXPECT_FALSE(settings.is_given("batch"));
}

TEST(Settings, RefusesWithTheOptionItsValueAndWhatItMayBe) {
  EXPECT_EQ(refusal("lr", "foo"), "--lr foo: must be a number above 0, or auto");
  EXPECT_EQ(refusal("lr", "1e-50"), "--lr 1e-50: must be a number above 0, or auto");
  EXPECT_EQ(refusal("lr", "1e-500"), "--lr 1e-500: must be a number above 0, or auto");
  EXPECT_EQ(refusal("lr", "nan"), "--lr nan: must be a number above 0, or auto");
  EXPECT_EQ(refusal("epochs", "0"), "--epochs 0: must be a whole number from 1 to 1000000");
  EXPECT_EQ(refusal("epochs", "3.5"), "--epochs 3.5: must be a whole number from 1 to 1000000");
  EXPECT_EQ(refusal("epochs", "99999999999999999999"),
            "--epochs 99999999999999999999: must be a whole number from 1 to 1000000");
  EXPECT_EQ(refusal("views", "2.5"),
            "--views 2.5: must be a whole number from 1 to 10000, or fresh");
  EXPECT_EQ(refusal("stop-at", "0"), "--stop-at 0: must be a number above 0, at most 100");
  EXPECT_EQ(refusal("seed", "-1"), "--seed -1: must be a whole number of at least 0");
  EXPECT_EQ(refusal("device", "cuda"), "--device cuda: must be one of auto, cpu");
  EXPECT_EQ(refusal("exact", "maybe"), "--exact maybe: must be true or false");
  EXPECT_THAT(refusal("epohcs", "3"), HasSubstr("no such option"));
}

// Of the list as a whole: names are unique, each says who takes it, and each default is one that
// the command line would take.
TEST(Settings, TheListIsWhole) {
  const Settings defaults;
  std::set<std::string> names;
  visit_settings(defaults, [&](const Setting& setting, const auto&) {
    EXPECT_TRUE(names.emplace(setting.name).second) << setting.name;
    EXPECT_NE(setting.verbs, 0U) << setting.name;
    EXPECT_FALSE(setting.sentence.empty()) << setting.name;
    const std::string text = setting_text(defaults, setting.name);
    // "" and 0 stand for what the rest decides.
    if (text.empty() || setting.name == "eval-every" || setting.name == "stop-at") return;
    Settings other;
    EXPECT_NO_THROW(set_setting(other, setting.name, text)) << setting.name;
    EXPECT_EQ(setting_text(other, setting.name), text);
  });
}

TEST(Settings, JsonGivesThemBack) {
  Settings settings;
  visit_settings(settings, [&](const Setting& setting, auto& member) {
    using Member = std::remove_cvref_t<decltype(member)>;
    if constexpr (std::is_same_v<Member, bool>) {
      set_setting(settings, setting.name, member ? "false" : "true");
    } else if constexpr (std::is_same_v<Member, std::string>) {
      const bool free = setting.choices.empty() && setting.words.empty();
      set_setting(settings, setting.name,
                  free                      ? "x y"
                  : setting.choices.empty() ? "7"
                                            : std::string(setting.choices.back()));
    } else {
      set_setting(settings, setting.name, setting.name == "val-fraction" ? "0.3" : "1");
    }
  });
  const nlohmann::json json = to_json(settings);
  EXPECT_EQ(json["val_fraction"], 0.3);
  EXPECT_EQ(json["lr"].dump(), "7");
  EXPECT_EQ(to_json(Settings{})["views"], "fresh");
  // As people write numbers, whatever json allows.
  for (const auto& [text, number] : {std::pair(".5", "0.5"), {"5.", "5.0"}, {"07", "7"}}) {
    Settings odd;
    set_setting(odd, "lr", text);
    EXPECT_EQ(to_json(odd)["lr"].dump(), number);
  }
  const Settings again = settings_from_json(nlohmann::json::parse(json.dump()));
  EXPECT_EQ(to_json(again), json);
  EXPECT_EQ(again.given, settings.given);

  // Of another version: what is not known is passed over, what is absent stays at its default.
  EXPECT_EQ(settings_from_json({{"batch", 4}, {"swirl", true}}).batch, 4);
  EXPECT_EQ(settings_from_json({{"batch", 4}}).epochs, 10);
  EXPECT_THROW(settings_from_json({{"batch", "many"}}), Error);
}

}  // namespace
}  // namespace engraft::training
