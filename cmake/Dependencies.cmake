# Every library from outside is found here, with the reason for it. scripts/setup.sh installs them
# from Debian's packages. The file is also installed: it finds what the static libraries leave to
# their users, who then need none of what only our own build does.
set(ENGRAFT_BUILDS_ITSELF TRUE)
if(CMAKE_FIND_PACKAGE_NAME STREQUAL "Engraft")
  set(ENGRAFT_BUILDS_ITSELF FALSE)
endif()

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

# fmt: text formatting; std::format is missing from g++ 12.
find_package(fmt REQUIRED)
# utf8proc: how wide a name is on a terminal, and whether two names are the same letters.
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
# libcrypto: SHA-256 of weight files.
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
# libjpeg-turbo: the fastest JPEG decoder on a processor.
pkg_check_modules(JPEG REQUIRED IMPORTED_TARGET libjpeg)
# libpng, libwebp, giflib, libtiff: the other formats of torchvision's ImageFolder, and GIF.
pkg_check_modules(PNG REQUIRED IMPORTED_TARGET libpng)
pkg_check_modules(WEBP REQUIRED IMPORTED_TARGET libwebp libwebpdemux)
pkg_check_modules(TIFF REQUIRED IMPORTED_TARGET libtiff-4)
find_package(GIF REQUIRED)
# libzip: PyTorch's .pth files since 1.6 are zip archives.
pkg_check_modules(ZIP REQUIRED IMPORTED_TARGET libzip)
# zlib: their checksums (CRC-32).
find_package(ZLIB REQUIRED)
# libarchive: the tar form of .pth before PyTorch 0.1.10, and archives of datasets.
find_package(LibArchive REQUIRED)
# libcurl: downloads over https.
find_package(CURL REQUIRED)
# oneDNN: convolutions and matrix products at the processor's limit.
# (Debian's own package file asks for OpenCL's headers, which nothing here needs.)
find_library(ENGRAFT_DNNL_LIBRARY NAMES dnnl REQUIRED)
find_path(ENGRAFT_DNNL_INCLUDE_DIR NAMES oneapi/dnnl/dnnl.hpp REQUIRED)
add_library(engraft_dnnl INTERFACE IMPORTED)
target_include_directories(engraft_dnnl SYSTEM INTERFACE ${ENGRAFT_DNNL_INCLUDE_DIR})
target_link_libraries(engraft_dnnl INTERFACE ${ENGRAFT_DNNL_LIBRARY})
find_package(OpenMP REQUIRED COMPONENTS CXX)

if(ENGRAFT_BUILDS_ITSELF)
  # nlohmann-json: every json that we read and write.
  find_package(nlohmann_json 3.11 REQUIRED)
  # CLI11: the command line. toml++: recipes.
  find_package(CLI11 REQUIRED)
  find_package(tomlplusplus REQUIRED)
endif()

if(ENGRAFT_BUILDS_ITSELF AND ENGRAFT_TESTS)
  find_package(GTest REQUIRED)
  # libssl: the https server that downloads are tested against.
  find_package(OpenSSL REQUIRED COMPONENTS Crypto SSL)
endif()
