#include "report/report.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <set>

#include "engraft/error.h"
#include "record/run_folder.h"
#include "record/testing/test_record.h"
#include "report/method.h"

namespace engraft::report {
namespace {

using testing::HasSubstr;
using testing::Not;

// 20 ants and 12 bees to validate; two ants are taken for bees and one bee for an ant.
void fill(record::TestRecord& test) {
  for (int i = 0; i < 40; ++i) test.add_train(i % 2);
  for (int i = 0; i < 20; ++i) {
    test.add_val(0, i < 2 ? 1 : 0, 2.0F + static_cast<float>(i),
                 fmt::format("val/ants/{:02}.jpg", i),
                 i < 2 ? record::picture_bytes(40, 60, i) : base::Bytes{});
  }
  for (int i = 0; i < 12; ++i) {
    test.add_val(1, i < 1 ? 0 : 1, 1.0F, fmt::format("val/bees/{:02}.jpg", i),
                 i < 1 ? record::picture_bytes(60, 40, 9) : base::Bytes{});
  }
  test.run.skipped = {{"val/ants/page.jpg", "not an image (starts with \"<html>\")"}};
  test.finish({75, 84.375, 90.625});
}

void expect_self_contained(const std::string& html) {
  EXPECT_EQ(record::nesting_problem(html), "");
  EXPECT_THAT(html, HasSubstr("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
                              "'none'; img-src data:; style-src 'unsafe-inline'\">"));
  for (const char* forbidden : {"<script", "<link", "<iframe", "http://", "https://", "url(",
                                "@import", "javascript:", " onload", " onerror"}) {
    EXPECT_THAT(html, Not(HasSubstr(forbidden)));
  }
  for (const std::string& source : record::values_of(html, "src")) {
    EXPECT_TRUE(source.starts_with("data:image/jpeg;base64,")) << source;
  }
  const std::vector<std::string> ids = record::values_of(html, "id");
  const std::set<std::string> known(ids.begin(), ids.end());
  EXPECT_EQ(known.size(), ids.size());
  for (const std::string& link : record::values_of(html, "href")) {
    EXPECT_TRUE(link.starts_with('#') && known.contains(link.substr(1))) << link;
  }
}

TEST(ReportHtml, TellsTheWholeStory) {
  record::TestRecord test({"ants", "bees"});
  fill(test);
  const std::string html = report_html(test.run, test.folder.path());
  expect_self_contained(html);
  for (const char* text :
       {"<h1>resnet18 on <bdi>pictures</bdi></h1>", "90.62\u00A0%",
        "29 of 32 validation pictures right",
        "75.8\u00A0% to 96.8\u00A0%",  // Wilson for 29 of 32
        "Always answering <bdi>ants</bdi> would be right for 62.5\u00A0%", "at iteration 30",
        "after 30 iterations: all 10 epochs done", "Confusion matrix", "val/ants/01.jpg",
        "not an image (starts with &quot;&lt;html&gt;&quot;)", "1,026 of 11,177,538 numbers",
        "<code>random_resized_crop(224", "adam, learning rate 0.0005", "<code>fc.weight</code>",
        "The network is cut after <code>flatten</code>", "512 numbers",
        "engraft train pictures/ --model resnet18", "engraft predict RUN photo.jpg"}) {
    EXPECT_THAT(html, HasSubstr(text));
  }
  EXPECT_EQ(record::occurrences(html, "<img "), 3U);
  EXPECT_EQ(record::occurrences(html, "<svg "), 2U);
}

TEST(ReportHtml, EscapesEverythingFromOutside) {
  const std::string attack = "\"'><script>alert(1)</script>&\xFF";
  record::TestRecord test({attack, "bees"});
  test.add_train(0);
  test.add_val(0, 1, 3.0F, "caf\xE9.jpg", record::picture_bytes(30, 30, 1));
  test.add_val(0, 1, 2.0F, "<img src=x onerror=y>.jpg");
  test.run.skipped = {{attack, attack}};
  test.run.notes = {{attack, attack}};
  test.run.data = "data/" + attack;
  test.run.command = "engraft train '" + attack + "'";
  test.run.weights = test.run.device = attack;
  test.run.settings.train = attack;
  test.run.network->trainable = {attack};
  test.run.network->train_cut = attack;
  test.run.network->architecture = attack;
  test.finish({0});
  std::string html = report_html(test.run, test.folder.path());
  EXPECT_EQ(record::nesting_problem(html), "");
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("<img src=x")));
  EXPECT_THAT(html, Not(HasSubstr("\"'>")));
  EXPECT_THAT(html, Not(HasSubstr("\xFF")));
  EXPECT_THAT(html, Not(HasSubstr("caf\xE9.jpg")));
  EXPECT_THAT(html, HasSubstr("caf\xEF\xBF\xBD.jpg"));
  EXPECT_THAT(html, HasSubstr("&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;"));
}

TEST(ReportHtml, ShowsOneValidationWithoutMistakes) {
  record::TestRecord test({"ants", "bees"});
  for (int i = 0; i < 6; ++i) test.add_val(i % 2, i % 2, 4.0F, fmt::format("{}.jpg", i));
  test.finish({100});
  const std::string html = report_html(test.run, test.folder.path());
  expect_self_contained(html);
  EXPECT_THAT(html, HasSubstr("100.00\u00A0%"));
  EXPECT_THAT(html, HasSubstr("6 of 6 validation pictures right"));
  EXPECT_THAT(html, HasSubstr("No mistakes"));
  EXPECT_THAT(html, HasSubstr("No file was left out"));
  EXPECT_THAT(html, Not(HasSubstr("validations on the same pictures")));
}

TEST(ReportHtml, StaysReadableWithManyClasses) {
  std::vector<std::string> classes;
  for (int k = 0; k < 100; ++k) classes.push_back(fmt::format("class{:03}", k));
  record::TestRecord test(classes);
  for (int k = 0; k < 100; ++k) {
    for (int i = 0; i < 3; ++i) {
      test.add_val(k, k == 42 ? 43 : k, 5.0F, fmt::format("{}-{}.jpg", k, i));
    }
  }
  test.finish({50, 99});
  const std::string html = report_html(test.run, test.folder.path());
  expect_self_contained(html);
  EXPECT_THAT(html, HasSubstr("100: <bdi>class000</bdi>"));
  EXPECT_THAT(html, HasSubstr("and 88 more"));
  EXPECT_THAT(html, Not(HasSubstr("<table class=\"confusion")));
  EXPECT_THAT(html, HasSubstr("<td><bdi>class042</bdi></td><td><bdi>class043</bdi></td>"
                              "<td class=\"number\">3</td>"));
  // Worst first; what was never predicted has no precision.
  const std::size_t table = html.find("id=\"classes\"");
  EXPECT_LT(html.find("<bdi>class042</bdi>", table), html.find("<bdi>class000</bdi>", table));
  EXPECT_LT(html.size(), 120'000U);
}

TEST(ReportHtml, RefusesARunWithoutResults) {
  record::TestRecord test({"ants", "bees"});
  EXPECT_THAT(base::message_of<Error>([&] { report_html(test.run, "runs/one"); }),
              HasSubstr("runs/one: training did not come to its end"));
}

TEST(ReportHtml, SaysWhatAFitsTrainingFiguresAre) {
  record::TestRecord test({"ants", "bees"});
  fill(test);
  test.run.method = training::Method::kFit;
  const std::string html = report_html(test.run, test.folder.path());
  EXPECT_THAT(html, HasSubstr("the model as it was then"));
  EXPECT_THAT(html, HasSubstr("all training pictures at once"));
  EXPECT_THAT(html, HasSubstr("30 done, at most 10"));
}

// Such a run has one validation, no epochs and no batches, whatever the settings' defaults say.
TEST(ReportHtml, TellsHowTheBestHeadWasFound) {
  record::TestRecord test({"ants", "bees"});
  fill(test);
  test.run.method = training::Method::kBestHead;
  test.run.results->penalty = 0.25;
  test.run.history.resize(1);
  const std::string html = report_html(test.run, test.folder.path());
  EXPECT_THAT(html, HasSubstr("weight decay 0.25, chosen by cross-validation"));
  EXPECT_THAT(html, HasSubstr("once, of the head that was found"));
  EXPECT_THAT(html, HasSubstr("the best head was found"));
  EXPECT_THAT(html, HasSubstr("training figures are those of all training pictures"));
  for (const char* wrong :
       {"Batch 32", "32 pictures", "Epochs", "means over the batches", "<svg"}) {
    EXPECT_THAT(html, Not(HasSubstr(wrong)));
  }
}

TEST(CutSentence, TellsTrainingFromValidation) {
  record::Network network{.train_cut = "classifier.1", .eval_cut = "classifier.5"};
  EXPECT_THAT(cut_sentence(network), HasSubstr("after <code>classifier.1</code> in training and "
                                               "after <code>classifier.5</code> in validation"));
  network.train_cut = network.eval_cut = "input";
  EXPECT_THAT(cut_sentence(network), HasSubstr("nothing to cut off"));
}

// The pictures themselves may be gone.
TEST(WriteReport, IsMadeOfTheFolderAlone) {
  record::TestRecord test({"ants", "bees"});
  fill(test);
  record::RunWriter writer = record::RunWriter::at(test.folder.path() / "run");
  for (const training::EvalPoint& point : test.run.history) writer.add(point);
  std::filesystem::rename(test.folder.path() / "thumbnails", writer.folder() / "thumbnails");
  std::filesystem::remove_all(test.folder.path() / "val");
  writer.write(test.run);
  const base::Path file = write_report(writer.folder());
  EXPECT_EQ(file, writer.folder() / "report.html");
  const std::string page = base::read_text(file);
  EXPECT_EQ(record::occurrences(page, "<img "), 3U);
  EXPECT_THAT(page, HasSubstr("29 of 32 validation pictures right"));
  write_report(writer.folder());
  EXPECT_EQ(base::read_text(file), page);
}

}  // namespace
}  // namespace engraft::report
