#include "report/report.h"

#include <fmt/format.h>

#include "base/text.h"
#include "report/class_table.h"
#include "report/confusion.h"
#include "report/curves.h"
#include "report/headline.h"
#include "report/html.h"
#include "report/method.h"
#include "report/mistakes.h"
#include "report/stylesheet.h"

namespace engraft::report {
namespace {

constexpr const char* kNothingValidated = "<p>Nothing was validated.</p>\n";

// The data set's own name: the last part of its path.
std::string data_name(const std::string& data) {
  const std::size_t end = data.find_last_not_of('/');
  if (end == std::string::npos) return data;
  const std::string path = data.substr(0, end + 1);
  const std::string name = path.substr(path.find_last_of('/') + 1);
  return name == "." || name == ".." ? path : name;
}

std::string section(const char* id, const char* title, const std::string& body) {
  return fmt::format(
      "<section id=\"{}\" aria-labelledby=\"{}-h\">\n<h2 id=\"{}-h\">{}</h2>\n{}</section>\n", id,
      id, id, title, body);
}

std::string data_html(const data::Dataset& data) {
  std::string html = "<dl class=\"counts\">\n";
  const auto add = [&](const char* name, std::size_t count) {
    html += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", name,
                        base::grouped(static_cast<std::int64_t>(count)));
  };
  add("for training", data::samples_of(data, data::Split::kTrain).size());
  add("for validation", data::samples_of(data, data::Split::kVal).size());
  const std::size_t for_testing = data::samples_of(data, data::Split::kTest).size();
  if (for_testing > 0) add("kept apart for testing", for_testing);
  add("left out", data.skipped.size());
  html += "</dl>\n";
  if (data.skipped.empty()) {
    html += "<p>No file was left out.</p>\n";
  } else {
    html += "<h3>Left out, and why</h3>\n" + file_list_html(data.skipped);
  }
  if (!data.notes.empty()) {
    html += "<h3>Used, though not quite in order</h3>\n" + file_list_html(data.notes);
  }
  return html;
}

std::string repeat_html(const record::RunRecord& record) {
  std::string html;
  if (!record.command.empty()) {
    html +=
        "<p>This command repeats the training; which picture was on which side of the split is "
        "in <code>run.json</code>.</p>\n<pre><code>" +
        escape_html(record.command) + "</code></pre>\n";
  }
  return html +
         "<p>To classify a picture, with the folder that holds this page as RUN:</p>\n"
         "<pre><code>engraft predict RUN photo.jpg</code></pre>\n";
}

}  // namespace

std::string report_html(const record::RunRecord& record) {
  const data::Dataset& data = *record.dataset;
  const learn::Metrics& metrics = record.result.best_metrics;
  const bool validated = !record.result.history.empty();
  const std::string title =
      fmt::format("{} on {}", escape_html(record.result.best.graph.architecture),
                  name_html(data_name(record.data)));
  std::string html = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
      "style-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<title>{} on {} \u2013 Engraft</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n",
      escape_html(record.result.best.graph.architecture), escape_html(data_name(record.data)),
      kStylesheet);
  html += fmt::format(
      "<header>\n<p class=\"kicker\">Engraft: report of a training</p>\n<h1>{}</h1>\n"
      "<nav aria-label=\"On this page\"><a href=\"#curves\">Curves</a><a "
      "href=\"#confusion\">Confusion "
      "matrix</a><a href=\"#classes\">Classes</a><a href=\"#mistakes\">Mistakes</a><a "
      "href=\"#data\">Data</a><a href=\"#method\">Method</a><a href=\"#repeat\">Repeat and "
      "use</a></nav>\n</header>\n",
      title);
  html += headline_html(record);
  html +=
      section("curves", "Accuracy and loss", validated ? curves_html(record) : kNothingValidated);
  html += section("confusion", "Confusion matrix",
                  validated ? confusion_html(metrics, data.classes) : kNothingValidated);
  html += section("classes", "Class by class",
                  validated ? class_table_html(data, metrics) : kNothingValidated);
  html += section("mistakes", "Worst mistakes",
                  mistakes_html(data, record.result, {.workers = record.options.workers}));
  html += section("data", "The data", data_html(data));
  html += section("method", "How it was trained", method_html(record));
  html += section("repeat", "Repeat it, use it", repeat_html(record));
  return html +
         "<footer>Written by Engraft. This page holds everything it shows: it loads nothing and "
         "runs no script.</footer>\n</main>\n</body>\n</html>\n";
}

void write_report(const base::Path& folder, const record::RunRecord& record) {
  base::write_atomically(folder / "report.html", report_html(record));
}

}  // namespace engraft::report
