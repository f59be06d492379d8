// engraft predict MODEL IMAGE...
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <deque>
#include <filesystem>
#include <memory>

#include "base/csv.h"
#include "base/interrupt.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "engraft/error.h"
#include "learn/softmax.h"
#include "run/predict.h"

namespace engraft::cli {
namespace {

namespace fs = std::filesystem;

struct PredictOptions : VerbOptions {
  std::string model;
  std::vector<std::string> images;
  int top = 1;
  bool logits = false;
  bool jsonl = false;
  bool csv = false;
  bool zero = false;  // paths from standard input end in a zero byte
};

// Lines of standard input, and whether there is one without waiting for it.
class InputLines {
 public:
  explicit InputLines(char end) : end_(end) {}

  std::optional<std::string> next() {
    while (!has_line() && fill()) {
    }
    if (buffer_.empty()) return std::nullopt;
    const std::size_t length = std::min(buffer_.find(end_), buffer_.size());
    std::string line = buffer_.substr(0, length);
    buffer_.erase(0, length + 1);
    return line;
  }

  bool ready() {
    while (!has_line() && !ended_) {
      pollfd input{.fd = STDIN_FILENO, .events = POLLIN};
      if (::poll(&input, 1, 0) <= 0) return false;
      fill();
    }
    return true;
  }

 private:
  bool has_line() const { return buffer_.find(end_) != std::string::npos; }

  // False at the end.
  bool fill() {
    pollfd input{.fd = STDIN_FILENO, .events = POLLIN};
    while (::poll(&input, 1, -1) < 0) {
      if (errno == EINTR && !base::interrupted()) continue;
      ended_ = true;
      return false;
    }
    std::array<char, 65536> bytes;
    const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (count > 0) buffer_.append(bytes.data(), static_cast<std::size_t>(count));
    ended_ = count <= 0;
    return !ended_;
  }

  char end_;
  std::string buffer_;
  bool ended_ = false;
};

// The files that the arguments name, folders walked, standard input read as it comes.
class Paths {
 public:
  explicit Paths(const PredictOptions& options)
      : arguments_(options.images.begin(), options.images.end()),
        lines_(options.zero ? '\0' : '\n') {}

  std::optional<base::Path> next() {
    for (;;) {
      if (!files_.empty()) {
        base::Path path = std::move(files_.front());
        files_.pop_front();
        return path;
      }
      if (arguments_.empty()) return std::nullopt;
      if (arguments_.front() != "-") {
        add(arguments_.front());
        arguments_.pop_front();
      } else if (const std::optional<std::string> line = lines_.next()) {
        if (line->find('\0') != std::string::npos) {
          throw Error("standard input: the names end in zero bytes; give -0");
        }
        if (!line->empty()) add(*line);
      } else {
        arguments_.pop_front();
      }
    }
  }

  // Whether next() would not wait.
  bool ready() {
    return !files_.empty() || arguments_.empty() || arguments_.front() != "-" || lines_.ready();
  }

 private:
  void add(const std::string& name) {
    std::error_code problem;  // what cannot be looked at is said when it is opened
    if (!fs::is_directory(name, problem)) return files_.emplace_back(name), void();
    std::ranges::move(run::files_below(name), std::back_inserter(files_));
  }

  std::deque<std::string> arguments_;
  std::deque<base::Path> files_;
  InputLines lines_;
};

// Tells each prediction as it comes, in the form asked for.
class Writer {
 public:
  Writer(const PredictOptions& options, Console& console) : options_(options), console_(console) {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void open(const std::vector<std::string>& classes) {
    classes_ = classes;
    if (!options_.csv) return;
    std::vector<std::string> header{"path", "class", "probability"};
    for (int k = 2; k <= options_.top; ++k) {
      header.push_back(fmt::format("class{}", k));
      header.push_back(fmt::format("probability{}", k));
    }
    if (options_.logits) {
      for (const std::string& name : classes) header.push_back("logit:" + name);
    }
    header.emplace_back("error");
    row(header);
  }

  void add(const run::Prediction& prediction) {
    ++count_;
    if (options_.json || options_.jsonl) {
      json(prediction);
    } else if (options_.csv) {
      csv(prediction);
    } else if (prediction.error.empty()) {
      console_.answer(prediction.path.string(), text(prediction));
    }
    if (prediction.error.empty()) return;
    ++failures_;
    std::error_code problem;
    absent_ = absent_ || !fs::exists(prediction.path, problem);
    console_.note(fmt::format("{}: {}", prediction.path.string(), prediction.error));
  }

  // Whatever ends it, what was written is whole.
  ~Writer() {
    if (options_.json && opened_) console_.raw("\n]\n");
  }

  void close() {
    if (options_.json && !opened_) console_.raw("[]\n");
    if (failures_ > 0) {
      console_.note(fmt::format("{} of {} could not be read", failures_, count_));
    }
  }

  std::size_t count() const { return count_; }
  bool failed() const { return absent_ || (options_.settings.strict && failures_ > 0); }

 private:
  std::vector<std::size_t> top(const run::Prediction& prediction) const {
    return learn::largest(prediction.probabilities, static_cast<std::size_t>(options_.top));
  }

  void json(const run::Prediction& prediction) {
    nlohmann::json one{{"path", prediction.path.string()}};
    if (!prediction.error.empty()) {
      one["error"] = prediction.error;
    } else {
      nlohmann::json likeliest = nlohmann::json::array();
      for (const std::size_t k : top(prediction)) {
        likeliest.push_back({{"class", classes_[k]}, {"probability", prediction.probabilities[k]}});
      }
      one["class"] = likeliest[0]["class"];
      one["probability"] = likeliest[0]["probability"];
      one["top"] = likeliest;
      if (options_.logits) one["logits"] = prediction.logits;
    }
    // Names of files need not be UTF-8; json must be.
    const std::string dumped = one.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    const std::string separator = opened_ ? ",\n  " : "[\n  ";
    console_.raw(options_.jsonl ? dumped + "\n" : separator + dumped);
    opened_ = true;
  }

  void csv(const run::Prediction& prediction) {
    std::vector<std::string> fields{prediction.path.string()};
    if (prediction.error.empty()) {
      for (const std::size_t k : top(prediction)) {
        fields.push_back(classes_[k]);
        fields.push_back(fmt::format("{:.6f}", prediction.probabilities[k]));
      }
    }
    fields.resize(1 + 2 * static_cast<std::size_t>(options_.top));
    if (options_.logits) {
      for (const float logit : prediction.logits) fields.push_back(fmt::format("{}", logit));
      fields.resize(1 + 2 * static_cast<std::size_t>(options_.top) + classes_.size());
    }
    fields.push_back(prediction.error);
    row(fields);
  }

  void row(const std::vector<std::string>& fields) {
    std::string line;
    base::append_csv_row(line, fields);
    console_.raw(line);
  }

  std::string text(const run::Prediction& prediction) const {
    std::string line = ":";
    const char* separator = "";
    for (const std::size_t k : top(prediction)) {
      line +=
          fmt::format("{} {} {:.2f} %", separator, classes_[k], 100 * prediction.probabilities[k]);
      separator = ",";
    }
    if (options_.logits) {
      line += "  logits";
      for (const float logit : prediction.logits) line += fmt::format(" {:g}", logit);
    }
    return line;
  }

  const PredictOptions& options_;
  Console& console_;
  std::vector<std::string> classes_;
  bool opened_ = false;  // the array of --json
  std::size_t count_ = 0;
  std::size_t failures_ = 0;
  bool absent_ = false;
};

int predict(const PredictOptions& options) {
  Console console(options.json || options.jsonl || options.csv ? OutputFormat::kJson
                                                               : OutputFormat::kText);
  Paths paths(options);
  Writer writer(options, console);
  const bool complete = run::predict(
      {.model = options.model, .settings = options.settings},
      {.next = [&] { return paths.next(); }, .ready = [&] { return paths.ready(); }},
      {.shared = console.events(),
       .opened = [&](const std::vector<std::string>& classes) { writer.open(classes); },
       .predicted = [&](const run::Prediction& prediction) { writer.add(prediction); }});
  writer.close();
  if (!complete) return kInterrupted;
  if (writer.count() == 0) throw Error("no images: standard input named none");
  return writer.failed() ? kFailed : kDone;
}

}  // namespace

void add_predict(CLI::App& program, int& exit_code) {
  CLI::App* command = program.add_subcommand("predict", "class and probability of pictures");
  const auto options = std::make_shared<PredictOptions>();
  command
      ->add_option("MODEL", options->model, "a saved model, a run folder, or a network of the zoo")
      ->required();
  command
      ->add_option("IMAGE", options->images,
                   "pictures, or folders of them; - reads paths from standard input")
      ->required()
      ->multi_option_policy(CLI::MultiOptionPolicy::Throw)
      ->expected(1, -1);
  command->add_flag("-0,--null", options->zero,
                    "paths on standard input end in a zero byte (find -print0)");
  command->add_option("--top", options->top, "classes to name, the likeliest first")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  command->add_flag("--logits", options->logits, "the network's outputs too");
  add_settings(*command, options->settings, training::kPredict);
  add_json(*command, *options);
  CLI::Option* jsonl =
      command->add_flag("--jsonl", options->jsonl, "a JSON document a line, as they come");
  CLI::Option* csv = command->add_flag("--csv", options->csv, "comma-separated values");
  csv->excludes(jsonl)->excludes("--json");
  jsonl->excludes("--json");
  command->callback([options, &exit_code] { exit_code = predict(*options); });
}

}  // namespace engraft::cli
