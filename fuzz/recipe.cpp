#include "cli/recipe.h"

#include "target.h"

void engraft::fuzz::read(std::span<const std::byte> bytes) {
  for (const cli::RecipeLine& line : cli::parse_recipe(text_of(bytes), "recipe.toml")) {
    require(!line.option.empty());
  }
}
