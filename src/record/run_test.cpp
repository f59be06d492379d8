#include "record/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include <nlohmann/json.hpp>

#include "engraft/error.h"
#include "record/metrics_json.h"
#include "record/testing/test_record.h"

namespace engraft::record {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

TEST(RunJson, GivesBackTheWholeRun) {
  TestRecord test({"ants", "Käfer \"🐞\""});
  test.add_train(0);
  test.add_val(0, 1, 2, "ants/1.jpg", picture_bytes(30, 40, 1));
  test.add_val(1, 0, 1, "gone.jpg");
  test.add_val(1, 1, 3, "kaefer/2.jpg");
  test.finish({50, 66});
  record::Run& run = test.run;
  run.method = training::Method::kBestHead;
  run.results->penalty = 0.125;
  run.plan = R"({"precision":"fp32","version":1})";
  run.skipped = {{"ants/page.jpg", "not an image"}};
  run.notes = {{"ants/cut.jpg", "truncated"}};
  training::set_setting(run.settings, "seed", "18446744073709551615");
  const json written = json::parse(to_json(run).dump());
  EXPECT_EQ(written["format"], 2);
  EXPECT_EQ(written["options"]["seed"].dump(), "18446744073709551615");  // not -1
  EXPECT_EQ(written["images"], (json{{"train", 1}, {"val", 3}, {"test", 0}}));
  EXPECT_EQ(written["results"]["worst"][0]["thumbnail"], "thumbnails/01.jpg");
  const record::Run again = run_from_json(written);
  EXPECT_EQ(to_json(again), written);
  EXPECT_EQ(again.results->best.confusion, run.results->best.confusion);
  EXPECT_EQ(again.method, training::Method::kBestHead);
  EXPECT_TRUE(again.settings.is_given("seed"));
  EXPECT_EQ(again.plan, run.plan);
}

TEST(RunJson, IsWholeBeforeThereAreResults) {
  TestRecord test({"ants", "bees"});
  const json written = to_json(test.run);
  EXPECT_FALSE(written.contains("results"));
  EXPECT_EQ(to_json(run_from_json(written)), written);
}

TEST(RunJson, SaysWhatItCannotRead) {
  const auto refusal = [](const json& document) {
    return base::message_of<Error>([&] { run_from_json(document); });
  };
  EXPECT_THAT(refusal(json::object()), HasSubstr("0.1.0 kept too little"));
  EXPECT_THAT(refusal({{"format", 3}}), HasSubstr("a newer one wrote it"));
  EXPECT_THAT(refusal({{"format", 2}}), HasSubstr("no run that this program wrote"));
  TestRecord whole({"ants", "bees"});
  whole.add_val(0, 1, 2, "ants/1.jpg", picture_bytes(30, 40, 1));
  whole.finish({50});
  json wide = to_json(whole.run);
  wide["results"]["best"]["confusion"][0].push_back(7);
  EXPECT_THAT(refusal(wide), HasSubstr("figures of other classes"));
  json none = to_json(whole.run);
  none["classes"] = json::array();
  EXPECT_THAT(refusal(none), HasSubstr("figures of other classes"));
  json foreign = to_json(whole.run);
  foreign["results"]["worst"][0]["thumbnail"] = "/etc/hostname";
  EXPECT_THAT(refusal(foreign), HasSubstr("no thumbnail"));
  foreign["results"]["worst"][0]["thumbnail"] = "thumbnails/../../x.jpg";
  EXPECT_THAT(refusal(foreign), HasSubstr("no thumbnail"));
  EXPECT_THAT(refusal({{"format", "two"}}), HasSubstr("no run that this program wrote"));
}

// Numbers that are none, of classes that are none: what nlohmann would read as some integer.
TEST(RunJson, CountsAreCounts) {
  TestRecord whole({"ants", "bees"});
  whole.add_val(0, 1, 2, "ants/1.jpg");
  whole.finish({50});
  const json good = to_json(whole.run);
  EXPECT_NO_THROW(run_from_json(good));
  for (const char* place :
       {"/format", "/classes/0/train", "/network/numbers", "/network/features/training/0",
        "/results/iterations", "/results/mistakes", "/results/best/classes/0/images",
        "/results/best/confusion/0/1", "/options/epochs", "/options/seed"}) {
    for (const json& value : {json(8e33), json(-8e33), json(2.5), json("7"), json(nullptr)}) {
      json bad = good;
      bad.at(json::json_pointer(place)) = value;
      EXPECT_THROW(run_from_json(bad), Error) << place << " " << value;
    }
  }
  json negative = good;
  negative["results"]["best"]["confusion"][0][1] = -1;
  EXPECT_THROW(run_from_json(negative), Error);
}

TEST(MetricsJson, ConfusedClassesAreThoseOfTheRun) {
  const std::vector<std::string> names{"ants", "bees"};
  json document = {{"accuracy", 50}, {"loss", 1}, {"classes", json::array()}};
  for (const std::string& name : names) {
    document["classes"].push_back(
        {{"name", name}, {"images", 2}, {"precision", 1}, {"recall", 1}, {"f1", 1}});
  }
  document["confused"] = {{{"shown", "ants"}, {"taken_for", "bees"}, {"count", 1}}};
  EXPECT_NO_THROW(metrics_from_json(document, names));
  document["confused"][0]["shown"] = "beetles";
  EXPECT_THROW(metrics_from_json(document, names), Error);
}

// A matrix of 10,000 classes would have 100 million numbers.
TEST(MetricsJson, ManyClassesHaveTheirConfusedPairsOnly) {
  const int classes = 250;
  std::vector<std::string> names;
  std::vector<float> logits;
  std::vector<int> labels;
  for (int k = 0; k < classes; ++k) {
    names.push_back(fmt::format("class {}", k));
    labels.push_back(k);
    std::vector<float> row(classes);
    row[static_cast<std::size_t>(k == 7 ? 9 : k)] = 1;
    logits.insert(logits.end(), row.begin(), row.end());
  }
  const learn::Metrics metrics = learn::compute_metrics(logits, labels, classes);
  const json written = to_json(metrics, names);
  EXPECT_FALSE(written.contains("confusion"));
  EXPECT_EQ(written["confused"],
            json::parse(R"([{"shown": "class 7", "taken_for": "class 9", "count": 1}])"));
  const learn::Metrics again = metrics_from_json(written, names);
  EXPECT_EQ(again.confusion, metrics.confusion);
  EXPECT_EQ(to_json(again, names), written);
}

TEST(MetricsJson, WhatIsNoNumberStaysNone) {
  learn::Metrics metrics;
  metrics.loss = std::numeric_limits<double>::quiet_NaN();
  const json written = json::parse(to_json(metrics, {}).dump());
  EXPECT_TRUE(written["loss"].is_null());
  EXPECT_TRUE(std::isnan(metrics_from_json(written, {}).loss));
}

}  // namespace
}  // namespace engraft::record
