#include "infer/measurements.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "engraft/error.h"
#include "infer/onednn.h"

namespace engraft {
namespace {

// Counts up whenever something that is measured becomes faster.
constexpr int kVersion = 4;

// What the measurements hold for.
std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  std::string line;
  while (std::getline(info, line)) {
    if (line.starts_with("model name")) break;
  }
  const dnnl_version_t* version = dnnl_version();
  return fmt::format("{}, isa {}, oneDNN {}.{}.{}, version {}", line.substr(line.find(':') + 1),
                     static_cast<int>(dnnl::get_effective_cpu_isa()), version->major,
                     version->minor, version->patch, kVersion);
}

std::map<std::string, double> read_measurements(const Path& file) {
  try {
    const auto document = nlohmann::json::parse(read_text(file));
    if (document.at("processor") != processor()) return {};
    return document.at("measured").get<std::map<std::string, double>>();
  } catch (const Error&) {
    return {};  // there is none yet
  } catch (const nlohmann::json::exception&) {
    return {};
  }
}

}  // namespace

Measurements::Measurements(Path file) : file_(std::move(file)) {
  if (!file_.empty()) values_ = read_measurements(file_);
}

double Measurements::get(const std::string& name, const std::function<double()>& measure) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = values_.find(name);
    if (found != values_.end()) return found->second;
  }
  const double value = measure();
  const std::lock_guard lock(mutex_);
  changed_ = true;
  return values_.emplace(name, value).first->second;
}

void Measurements::save() {
  const std::lock_guard lock(mutex_);
  if (!changed_ || file_.empty()) return;
  changed_ = false;
  // Other processes may have measured other networks.
  std::map<std::string, double> all = read_measurements(file_);
  for (const auto& [name, value] : values_) all.emplace(name, value);
  try {
    std::filesystem::create_directories(file_.parent_path());
    write_atomically(file_, nlohmann::json{{"processor", processor()}, {"measured", all}}.dump(1));
  } catch (const std::exception&) {  // no disk, no memory of it
  }
}

}  // namespace engraft
