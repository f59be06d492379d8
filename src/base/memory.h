// How much memory this process can still have.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace engraft::base {

// Bytes that can be had without swapping: what the system has, and no more than what the process's
// control groups (a container's limits) leave.
std::uint64_t available_bytes();

// A control group's files, as texts: memory.max, memory.current and memory.stat (in version 1
// memory.limit_in_bytes, memory.usage_in_bytes and memory.stat).
struct MemoryGroup {
  std::string limit;
  std::string used;
  std::string stat;
};

// What the group leaves; nothing where it sets no limit. What the system could drop at once (files
// read before) does not count as used.
std::optional<std::uint64_t> left_in(const MemoryGroup& group);

}  // namespace engraft::base
