#include "training/best_head.h"

#include <fmt/format.h>

#include "data/same_content.h"

namespace engraft::training {

std::vector<std::size_t> pictures_of_rows(const data::Dataset& data,
                                          std::span<const std::size_t> samples, std::size_t views) {
  std::vector<std::size_t> first_of(data.samples.size());  // of the same content
  for (const data::SameContent& files : data::by_content(data, samples)) {
    for (const std::size_t file : files) first_of[file] = files.front();
  }
  std::vector<std::size_t> of_one_view;
  for (const std::size_t sample : samples) of_one_view.push_back(first_of[sample]);
  std::vector<std::size_t> pictures;
  for (std::size_t view = 0; view < views; ++view) {
    pictures.insert(pictures.end(), of_one_view.begin(), of_one_view.end());
  }
  return pictures;
}

learn::FoundHead find_best_head(learn::HeadKind kind, const CachedRows& rows,
                                const learn::FreshHead& fresh, const learn::HeadOptions& options) {
  learn::HeadData data{.features = rows.features,
                       .labels = rows.labels,
                       .classes = rows.classes,
                       .groups = rows.pictures};
  const std::int64_t numbers = base::element_count(rows.shape);
  data.channels = kind == learn::HeadKind::kLinear ? numbers : rows.shape[1];
  data.places = numbers / data.channels;
  if (rows.stored != nullptr) {
    data.read = [&rows](std::size_t first, std::span<float> into) {
      rows.stored->read(first, into);
    };
  }
  return kind == learn::HeadKind::kLinear ? learn::find_linear_head(data, options)
                                          : learn::find_mean_of_relu_head(data, fresh, options);
}

std::string describe(const learn::CrossValidation& validation) {
  if (validation.too_large) {
    return fmt::format("penalty {:g}: with so many pictures and classes others are not tried",
                       validation.penalty);
  }
  if (validation.pictures == 0) {
    return fmt::format("penalty {:g}: no class has two pictures to cross-validate with",
                       validation.penalty);
  }
  return fmt::format(
      "penalty {:g}, chosen by cross-validation: {:.2f} % of the training side right when not seen",
      validation.penalty,
      100 * static_cast<double>(validation.right) / static_cast<double>(validation.pictures));
}

}  // namespace engraft::training
