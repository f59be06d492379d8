#include "cache/measurements.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "engraft/error.h"

namespace engraft::cache {
namespace {

std::map<std::string, double> read_measurements(const base::Path& file,
                                                const std::string& processor) {
  try {
    const auto document = nlohmann::json::parse(base::read_text(file));
    if (document.at("processor") != processor) return {};
    return document.at("measured").get<std::map<std::string, double>>();
  } catch (const Error&) {
    return {};  // there is none yet
  } catch (const nlohmann::json::exception&) {
    return {};
  }
}

}  // namespace

Measurements::Measurements(base::Path file, std::string processor)
    : file_(std::move(file)), processor_(std::move(processor)) {
  if (!file_.empty()) values_ = read_measurements(file_, processor_);
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
  std::map<std::string, double> all = read_measurements(file_, processor_);
  for (const auto& [name, value] : values_) all.emplace(name, value);
  try {
    std::filesystem::create_directories(file_.parent_path());
    base::write_atomically(file_,
                           nlohmann::json{{"processor", processor_}, {"measured", all}}.dump(1));
  } catch (const std::exception&) {  // no disk, no memory of it
  }
}

}  // namespace engraft::cache
