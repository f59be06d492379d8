#include "features/features.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <mutex>

#include "base/file.h"
#include "base/parallel.h"
#include "base/random.h"
#include "engraft/error.h"
#include "transforms/load_picture.h"

namespace engraft::features {
namespace {

// Enough chunks that the last ones do not leave a worker idle for long.
std::size_t chunk_size(std::size_t pictures, int workers, std::int64_t best) {
  const std::size_t shares = static_cast<std::size_t>(workers) * 2;
  return std::clamp<std::size_t>((pictures + shares - 1) / shares, 1,
                                 static_cast<std::size_t>(best));
}

// Runs `count` pictures through the network up to `output`. `result` and `failed` are called under
// one lock; `store` (which may be empty) before that under none, by several workers at once.
bool run_pictures(const FeatureSource& source, std::size_t count, const Load& load,
                  const infer::Executor& executor, graph::NodeId output, const Result& store,
                  const Result& result, const Failed& failed) {
  const graph::Pair size = fixed_output_size(source.pipeline);
  const transforms::Normalization normalization =
      transforms::normalization_of(source.pipeline, source.normalization);
  const auto picture_size =
      static_cast<std::size_t>(size.height) * static_cast<std::size_t>(size.width) * 3;
  const auto feature_size =
      static_cast<std::size_t>(base::element_count(executor.output_shape(output)));
  const std::size_t chunk = chunk_size(count, source.workers, executor.best_batch());

  struct Buffers {
    std::vector<float> pictures;
    std::vector<float> features;
    std::vector<std::size_t> items;  // which pictures they are
    infer::Ranges ranges;
  };
  std::vector<Buffers> buffers(static_cast<std::size_t>(source.workers));
  std::atomic<bool> stopped{false};
  std::mutex mutex;
  std::size_t done = 0;
  base::parallel_for(
      (count + chunk - 1) / chunk, source.workers, [&](std::size_t item, int worker) {
        Buffers& own = buffers[static_cast<std::size_t>(worker)];
        own.pictures.resize(chunk * picture_size);
        own.features.resize(chunk * feature_size);
        own.items.clear();
        const std::size_t end = std::min(count, (item + 1) * chunk);
        for (std::size_t i = item * chunk; i < end; ++i) {
          if (stopped || (source.stop_requested && source.stop_requested())) {
            stopped = true;
            return;
          }
          const base::Expected<image::Image> image = load(i);
          if (!image) {
            const std::lock_guard lock(mutex);
            failed(i, image.reason());
            continue;
          }
          transforms::to_normalized_tensor(
              *image, normalization,
              std::span(own.pictures).subspan(own.items.size() * picture_size, picture_size));
          own.items.push_back(i);
        }
        const std::size_t read = own.items.size();
        if (read > 0) {
          const auto pictures = std::span(own.pictures).first(read * picture_size);
          const auto features = std::span(own.features).first(read * feature_size);
          if (source.ranges == nullptr) {
            executor.run(pictures, output, features);
          } else {
            executor.measure_ranges(pictures, output, features, own.ranges);
          }
        }
        const auto feature = [&](std::size_t k) {
          return std::span(own.features).subspan(k * feature_size, feature_size);
        };
        for (std::size_t k = 0; store && k < read; ++k) store(own.items[k], feature(k));
        const std::lock_guard lock(mutex);
        for (std::size_t k = 0; k < read; ++k) result(own.items[k], feature(k));
        done += end - item * chunk;
        if (source.progress) source.progress(done, count);
      });
  if (source.ranges != nullptr) {
    for (const Buffers& one : buffers) {
      for (const auto& [value, range] : one.ranges) (*source.ranges)[value].widen(range);
    }
  }
  return !stopped;
}

// The picture's content, and what random steps make of it.
cache::RecordKey key_of(const data::Sample& sample, const transforms::Pipeline& pipeline, View view,
                        std::uint64_t seed) {
  cache::RecordKey content = sample.content;
  if (content == cache::RecordKey{}) content = cache::record_key(base::read_file(sample.path));
  if (!transforms::is_random(pipeline)) return content;
  return cache::record_key(content, fmt::format("{} {} {}", seed, view.view, sample.name));
}

}  // namespace

graph::Pair fixed_output_size(const transforms::Pipeline& pipeline) {
  const image::Size size = transforms::output_size(pipeline);
  if (size.height > 0) return {size.height, size.width};
  throw Error(fmt::format(
      "the transforms \"{}\" give pictures of different sizes; end them with a crop, such as "
      "center_crop(224), or set both sides with resize(HxW)",
      to_string(pipeline)));
}

base::Expected<image::Image> load_view(const data::Dataset& data,
                                       const transforms::Pipeline& pipeline, View view,
                                       std::uint64_t seed, const transforms::LoadOptions& options) {
  const data::Sample& sample = data.samples[view.sample];
  base::Random random({seed, base::mix_bits(sample.name), view.view});
  return transforms::load_picture(sample.path, pipeline, random, options);
}

std::vector<cache::RecordKey> record_keys(const FeatureSource& source, const data::Dataset& data,
                                          std::span<const View> views, std::uint64_t seed) {
  std::vector<cache::RecordKey> keys(views.size());
  base::parallel_for(views.size(), source.workers, [&](std::size_t i, int) {
    keys[i] = key_of(data.samples[views[i].sample], source.pipeline, views[i], seed);
  });
  return keys;
}

bool compute_features(const FeatureSource& source, const data::Dataset& data,
                      std::span<const View> views, std::uint64_t seed,
                      const infer::Executor& executor, graph::NodeId output,
                      std::span<float> result) {
  assert(views.empty() || result.size() % views.size() == 0);
  const std::size_t size = views.empty() ? 0 : result.size() / views.size();
  const auto place = [&](std::size_t i) { return result.subspan(i * size, size); };
  std::vector<cache::RecordKey> keys;
  std::vector<char> found(views.size(), 0);
  if (source.cache != nullptr) {
    keys = record_keys(source, data, views, seed);
    base::parallel_for(views.size(), source.workers, [&](std::size_t i, int) {
      found[i] = source.cache->find(keys[i], place(i)) ? 1 : 0;
    });
  }
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < views.size(); ++i) {
    if (found[i] == 0) missing.push_back(i);
  }
  if (source.progress && missing.empty()) source.progress(views.size(), views.size());
  return run_pictures(
      source, missing.size(),
      [&](std::size_t k) {
        return load_view(data, source.pipeline, views[missing[k]], seed, source.load);
      },
      executor, output,
      [&](std::size_t k, std::span<const float> features) {
        const std::size_t i = missing[k];
        std::ranges::copy(features, place(i).begin());
        if (source.cache != nullptr) source.cache->add(keys[i], features);
      },
      [](std::size_t, std::span<const float>) {},
      [&](std::size_t k, const std::string& reason) {
        throw Error(fmt::format("{}: {} (it could be read before)",
                                data.samples[views[missing[k]].sample].path.string(), reason));
      });
}

bool compute_features(const FeatureSource& source, std::size_t count, const Load& load,
                      const infer::Executor& executor, graph::NodeId output, const Result& result,
                      const Failed& failed) {
  return run_pictures(source, count, load, executor, output, /*store=*/{}, result, failed);
}

}  // namespace engraft::features
