// .pth files written piece by piece for tests, so that each can be wrong in one way.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/file.h"

namespace engraft::weights::pth {

inline std::string little(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i, value >>= 8U) text += static_cast<char>(value);
  return text;
}

inline base::Bytes bytes_of(const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

inline std::string pickled(const std::string& text) { return "X" + little(text.size(), 4) + text; }

inline std::string pickled(const std::vector<int>& numbers) {
  std::string text = "(";
  for (const int number : numbers) text += "J" + little(static_cast<std::uint32_t>(number), 4);
  return text + "t";
}

// A float32 tensor in the storage `key`; `view` is pickled after the storage's size.
struct WrittenTensor {
  std::string key = "0";
  int elements = 4;  // of the storage
  int offset = 0;
  std::vector<int> shape = {2, 2};
  std::vector<int> strides = {2, 1};
  std::string view;

  std::string pickle() const {
    return "ctorch._utils\n_rebuild_tensor_v2\n((" + pickled("storage") + "ctorch\nFloatStorage\n" +
           pickled(key) + pickled("cpu") + "J" + little(static_cast<std::uint32_t>(elements), 4) +
           view + "tQJ" + little(static_cast<std::uint32_t>(offset), 4) + pickled(shape) +
           pickled(strides) + "\x89}tR";
  }
};

// {"a": ..., ...} of objects as pickled.
inline std::string dictionary(const std::vector<std::pair<std::string, std::string>>& items) {
  std::string text = "\x80\x02}(";
  for (const auto& [key, value] : items) text += pickled(key) + value;
  return text + "u.";
}

// A file in the stream form, of storages that each hold 0, 1, 2, ...
struct WrittenStorage {
  std::string key = "0";
  std::uint64_t elements = 4;
  std::uint64_t declared = 4;
};

inline std::string numbers(std::uint64_t count) {
  std::string text;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto number = static_cast<float>(i);
    text.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  return text;
}

inline std::string stream(const std::string& object,
                          const std::vector<WrittenStorage>& storages = {{}}) {
  std::string text = std::string("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15) +
                     std::string("\x80\x02M\xe9\x03.", 6) + "\x80\x02}." + object + "\x80\x02](";
  for (const WrittenStorage& storage : storages) text += pickled(storage.key);
  text += "e.";
  for (const WrittenStorage& storage : storages) {
    text += little(storage.declared, 8) + numbers(storage.elements);
  }
  return text;
}

// A zip archive of stored members, or what pretends to be one.
struct WrittenMember {
  std::string name;
  std::string content;
  std::string name_in_directory;  // empty: the same
  std::uint64_t flags = 0;
  std::uint64_t method = 0;
  std::uint64_t checksum_change = 0;
  int size_in_header_change = 0;
  int at = -1;  // the place of the local header that the directory names; -1: the true one
};

inline std::string zip(const std::vector<WrittenMember>& members, const std::string& between = "") {
  std::string file;
  std::string directory;
  for (const WrittenMember& member : members) {
    const auto* content = reinterpret_cast<const Bytef*>(member.content.data());
    const std::uint64_t checksum =
        (crc32_z(0, content, member.content.size()) + member.checksum_change) & 0xffffffffU;
    const std::uint64_t size = member.content.size();
    const auto fields = [&](std::uint64_t compressed) {
      return little(20, 2) + little(member.flags, 2) + little(member.method, 2) + little(0, 2) +
             little(0x21, 2) + little(checksum, 4) + little(compressed, 4) + little(size, 4);
    };
    const std::string& listed =
        member.name_in_directory.empty() ? member.name : member.name_in_directory;
    const std::uint64_t at =
        member.at >= 0 ? static_cast<std::uint64_t>(member.at) : std::uint64_t{file.size()};
    directory += "PK\x01\x02" + little(20, 2) + fields(size) + little(listed.size(), 2) +
                 little(0, 2 + 2 + 2 + 2 + 4) + little(at, 4) + listed;
    file += "PK\x03\x04" + fields(size + static_cast<std::uint64_t>(member.size_in_header_change)) +
            little(member.name.size(), 2) + little(0, 2) + member.name + member.content + between;
  }
  const std::size_t begin = file.size();
  return file + directory + "PK\x05\x06" + little(0, 4) + little(members.size(), 2) +
         little(members.size(), 2) + little(directory.size(), 4) + little(begin, 4) + little(0, 2);
}

}  // namespace engraft::weights::pth
