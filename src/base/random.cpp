#include "base/random.h"

#include <cassert>
#include <cmath>
#include <numbers>
#include <numeric>

namespace engraft::base {
namespace {

std::uint64_t splitmix64(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace

std::uint64_t mix_bits(std::initializer_list<std::uint64_t> words) {
  std::uint64_t state = words.size();
  for (std::uint64_t word : words) state = splitmix64(state ^ splitmix64(word));
  return state;
}

std::uint64_t mix_bits(std::string_view text) {
  std::uint64_t state = 0xcbf29ce484222325ULL;  // FNV-1a, then mixed
  for (char c : text) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return splitmix64(state);
}

Random::Random(std::initializer_list<std::uint64_t> key) {
  const std::uint64_t mixed = mix_bits(key);
  key_ = {static_cast<std::uint32_t>(mixed), static_cast<std::uint32_t>(mixed >> 32)};
}

void Random::refill() {
  std::array<std::uint32_t, 4> x = counter_;
  std::array<std::uint32_t, 2> k = key_;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = 0xD2511F53ULL * x[0];
    const std::uint64_t b = 0xCD9E8D57ULL * x[2];
    x = {static_cast<std::uint32_t>(b >> 32) ^ x[1] ^ k[0], static_cast<std::uint32_t>(b),
         static_cast<std::uint32_t>(a >> 32) ^ x[3] ^ k[1], static_cast<std::uint32_t>(a)};
    k[0] += 0x9E3779B9U;
    k[1] += 0xBB67AE85U;
  }
  block_ = x;
  used_ = 0;
  for (std::uint32_t& word : counter_) {
    if (++word != 0) break;
  }
}

std::uint32_t Random::bits() {
  if (used_ == 4) refill();
  return block_[static_cast<std::size_t>(used_++)];
}

float Random::uniform() { return static_cast<float>(bits() >> 8) * 0x1p-24F; }

float Random::uniform(float low, float high) {
  const float value = low + (high - low) * uniform();
  // Rounding may reach `high`, the more often the narrower the range is beside its ends.
  return value < high || low == high ? value : std::nextafter(high, low);
}

float Random::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_normal_;
  }
  const float radius = std::sqrt(-2 * std::log(1 - uniform()));
  const float angle = 2 * std::numbers::pi_v<float> * uniform();
  spare_normal_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

std::uint64_t Random::below(std::uint64_t n) {
  assert(n > 0);
  const std::uint64_t reject_below = -n % n;  // 2^64 mod n
  for (;;) {
    const std::uint64_t high = bits();
    const std::uint64_t word = (high << 32) | bits();
    if (word >= reject_below) return word % n;
  }
}

bool Random::chance(float probability) { return uniform() < probability; }

std::vector<std::size_t> Random::permutation(std::size_t n) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[below(i)]);
  return order;
}

}  // namespace engraft::base
