// SHA-256, through OpenSSL's libcrypto: what names and checks files by their content.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace engraft {

class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();

  void update(std::span<const std::byte> bytes);

  // The 64 hexadecimal digits; nothing can be added afterwards.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(std::span<const std::byte> bytes);

}  // namespace engraft
