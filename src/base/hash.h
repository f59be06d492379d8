// SHA-256, through OpenSSL's libcrypto: what names and checks files by their content.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace engraft::base {

class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();

  void update(std::span<const std::byte> bytes);

  // Nothing can be added afterwards.
  std::array<std::byte, 32> digest();
  std::string hex();  // its 64 hexadecimal digits

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(std::span<const std::byte> bytes);

}  // namespace engraft::base
