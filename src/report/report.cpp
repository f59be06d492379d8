#include "report/report.h"

#include <fmt/format.h>

#include "base/text.h"
#include "engraft/error.h"
#include "record/run_folder.h"
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

std::string section(const char* id, const char* title, const std::string& body) {
  return fmt::format(
      "<section id=\"{}\" aria-labelledby=\"{}-h\">\n<h2 id=\"{}-h\">{}</h2>\n{}</section>\n", id,
      id, id, title, body);
}

std::string data_html(const record::Run& run) {
  std::string html = "<dl class=\"counts\">\n";
  const auto add = [&](const char* name, std::int64_t count) {
    html += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", name, base::grouped(count));
  };
  const record::Sides pictures = run.pictures();
  add("for training", pictures.train);
  add("for validation", pictures.val);
  if (pictures.test > 0) add("kept for testing", pictures.test);
  add("left out", std::ssize(run.skipped));
  html += "</dl>\n";
  if (run.skipped.empty()) {
    html += "<p>No file was left out.</p>\n";
  } else {
    html += "<h3>Left out, and why</h3>\n" + file_list_html(run.skipped);
  }
  if (!run.notes.empty()) {
    html += "<h3>Used, though not quite in order</h3>\n" + file_list_html(run.notes);
  }
  return html;
}

std::string repeat_html(const record::Run& run) {
  std::string html;
  if (!run.command.empty()) {
    html +=
        "<p>This command repeats the training; which picture was on which side of the split is "
        "in <code>split.csv</code>.</p>\n<pre><code>" +
        escape_html(run.command) + "</code></pre>\n";
  }
  return html +
         "<p>To classify a picture, with the folder that holds this page as RUN:</p>\n"
         "<pre><code>engraft predict RUN photo.jpg</code></pre>\n";
}

}  // namespace

std::string report_html(const record::Run& run, const base::Path& folder) {
  if (!run.results || !run.network || run.history.empty()) {
    throw Error(folder.string() +
                ": training did not come to its end here, so that there is nothing to report");
  }
  const std::string& architecture = run.network->architecture;
  const std::string title =
      fmt::format("{} on {}", escape_html(architecture), name_html(data_name(run.data)));
  std::string html = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
      "style-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<title>{} on {} \u2013 Engraft</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n",
      escape_html(architecture), escape_html(data_name(run.data)), kStylesheet);
  html += fmt::format(
      "<header>\n<p class=\"kicker\">Engraft: report of a training</p>\n<h1>{}</h1>\n"
      "<nav aria-label=\"On this page\"><a href=\"#curves\">Curves</a><a "
      "href=\"#confusion\">Confusion "
      "matrix</a><a href=\"#classes\">Classes</a><a href=\"#mistakes\">Mistakes</a><a "
      "href=\"#data\">Data</a><a href=\"#method\">Method</a><a href=\"#repeat\">Repeat and "
      "use</a></nav>\n</header>\n",
      title);
  html += headline_html(run);
  html += section("curves", "Accuracy and loss", curves_html(run));
  html += section("confusion", "Confusion matrix", confusion_html(run.results->best, run.classes));
  html += section("classes", "Class by class", class_table_html(run));
  html += section("mistakes", "Worst mistakes", mistakes_html(folder, *run.results));
  html += section("data", "The data", data_html(run));
  html += section("method", "How it was trained", method_html(run));
  html += section("repeat", "Repeat it, use it", repeat_html(run));
  return html +
         "<footer>Written by Engraft. This page holds everything it shows: it loads nothing and "
         "runs no script.</footer>\n</main>\n</body>\n</html>\n";
}

base::Path write_report(const base::Path& folder) {
  const base::Path file = folder / "report.html";
  base::write_atomically(file, report_html(record::read_run(folder), folder));
  return file;
}

}  // namespace engraft::report
