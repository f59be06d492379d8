// Arrays of pictures and labels as .npy files, for numpy.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace engraft::sprout {

// Version 1.0 of the format (numpy.lib.format). `type` is numpy's name, "|u1" or "<i4"; `shape` a
// list such as "10, 3". Throws Error where the file cannot be written.
void write_npy(const std::filesystem::path& path, std::string_view type, const std::string& shape,
               std::span<const char> bytes);

}  // namespace engraft::sprout
