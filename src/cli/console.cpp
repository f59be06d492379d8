#include "cli/console.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/interrupt.h"
#include "base/text.h"

namespace engraft::cli {
namespace {

constexpr double kPlainInterval = 10;  // seconds between progress lines off a terminal
constexpr double kBarInterval = 0.1;
constexpr int kBarWidth = 24;

bool is_terminal(std::FILE* stream) {
  const char* term = std::getenv("TERM");
  return ::isatty(::fileno(stream)) != 0 && term != nullptr && std::string_view(term) != "dumb";
}

double seconds_between(std::chrono::steady_clock::time_point from,
                       std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

std::string bar(std::uint64_t done, std::uint64_t total) {
  const auto filled =
      static_cast<std::size_t>(done * kBarWidth / std::max<std::uint64_t>(total, 1));
  std::string text;
  for (std::size_t i = 0; i < kBarWidth; ++i) text += i < filled ? "━" : "┄";
  return text;
}

}  // namespace

void Console::line(std::string_view text) { print_line(base::harmless(text)); }

void Console::strong_line(std::string_view text) {
  const char* no_color = std::getenv("NO_COLOR");
  const bool plain = (no_color != nullptr && *no_color != '\0') || !is_terminal(stdout);
  print_line(plain ? base::harmless(text) : fmt::format("\x1b[1m{}\x1b[0m", base::harmless(text)));
}

void Console::answer(std::string_view file, std::string_view text) {
  const bool shown = ::isatty(::fileno(json() ? stderr : stdout)) != 0;
  print_line((shown ? base::harmless(file) : std::string(file)) + base::harmless(text));
}

void Console::print_line(std::string_view text) {
  const std::lock_guard lock(mutex_);
  clear_bar();
  std::FILE* stream = json() ? stderr : stdout;
  fmt::print(stream, "{}\n", text);
  std::fflush(stream);
}

void Console::note(std::string_view text) {
  const std::lock_guard lock(mutex_);
  clear_bar();
  fmt::print(stderr, "{}\n", base::harmless(text));
}

void Console::raw(std::string_view text) {
  const std::lock_guard lock(mutex_);
  clear_bar();
  fmt::print("{}", text);
  std::fflush(stdout);
}

base::Events Console::events() {
  base::catch_interrupts();
  return {.note = [this](const std::string& text) { note(text); },
          .progress = [this](const std::string& what, std::uint64_t done,
                             std::uint64_t total) { progress(what, done, total); },
          .stop = base::interrupted};
}

void Console::document(const nlohmann::json& document) {
  // Names of files need not be UTF-8; json must be.
  fmt::print("{}\n", document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

void Console::progress(std::string_view what, std::uint64_t done, std::uint64_t total) {
  const std::lock_guard lock(mutex_);
  const Clock::time_point now = Clock::now();
  if (stage_ != what) {
    clear_bar();
    stage_ = what;
    begun_ = shown_ = now;
  }
  const bool finished = done >= total;
  if (is_terminal(stderr)) {
    if (!finished && bar_drawn_ && seconds_between(shown_, now) < kBarInterval) return;
    shown_ = now;
    if (finished) {
      clear_bar();
    } else {
      const double elapsed = seconds_between(begun_, now);
      const double left =
          done == 0 ? 0 : elapsed / static_cast<double>(done) * static_cast<double>(total - done);
      fmt::print(stderr, "\r\x1b[K{} {} {}/{}{}", what, bar(done, total), done, total,
                 done == 0 ? "" : fmt::format("  {:.0f} s left", left));
      std::fflush(stderr);
      bar_drawn_ = true;
    }
  } else if (!finished && seconds_between(shown_, now) >= kPlainInterval) {
    shown_ = now;
    fmt::print(stderr, "{} {}/{}\n", what, done, total);
  }
  if (finished) stage_.clear();
}

Console::~Console() { clear_bar(); }

void Console::clear_bar() {
  if (!bar_drawn_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  bar_drawn_ = false;
}

}  // namespace engraft::cli
