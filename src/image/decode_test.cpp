#include "image/decode.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstring>
#include <filesystem>

#include "base/testing/temporary_folder.h"
#include "image/encode.h"
#include "image/testing/test_pictures.h"

namespace engraft::image {
namespace {

using std::string_literals::operator""s;
using std::string_view_literals::operator""sv;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::vector<base::Path> files_in(const base::Path& folder) {
  std::vector<base::Path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

base::Bytes bytes_of(std::string_view text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return base::Bytes(begin, begin + text.size());
}

// Why `file` is no picture; a failure if it is one.
std::string problem_of(std::span<const std::byte> file) {
  const base::Expected<DecodedImage> decoded = decode_image(file);
  EXPECT_FALSE(decoded);
  return decoded ? "" : decoded.reason();
}

TEST(Decode, GivesPilsPixelsForEveryFormat) {
  int compared = 0;
  for (const base::Path& path : files_in(testdata() / "decode")) {
    if (path.string().ends_with(".expected.png")) continue;
    const base::Expected<DecodedImage> decoded = read_image(path);
    ASSERT_TRUE(decoded) << path << ": " << decoded.reason();
    EXPECT_EQ(decoded->note, "") << path;
    const Difference found =
        difference(decoded->image, load_picture(path.string() + ".expected.png"));
    // libtiff rounds the conversion of CMYK otherwise.
    const bool exact = path.filename() != "cmyk.tif";
    EXPECT_LE(found.largest, exact ? 0 : 1) << path << ", mean " << found.mean;
    ++compared;
  }
  EXPECT_GE(compared, 55);
}

TEST(Decode, PngAgreesWithTheSamePictureUncompressed) {
  const Image png = load_picture(testdata() / "decode/rgb.png");
  const base::Bytes ppm = base::read_file(testdata() / "decode/rgb.ppm");
  ASSERT_GT(ppm.size(), png.pixels.size());
  EXPECT_EQ(std::memcmp(png.pixels.data(), ppm.data() + ppm.size() - png.pixels.size(),
                        png.pixels.size()),
            0);
}

TEST(Decode, FindsABmpsPixelsBehindItsPalette) {
  base::Bytes file = base::read_file(testdata() / "decode/palette.bmp");
  const Image picture = decode_image(file)->image;
  ASSERT_NE(file[11], std::byte{0});
  file[10] = std::byte{54};  // where the palette begins
  file[11] = std::byte{0};
  const base::Expected<DecodedImage> decoded = decode_image(file);
  ASSERT_TRUE(decoded) << decoded.reason();
  EXPECT_TRUE(same(decoded->image, picture));
}

TEST(Decode, TurnsEveryOrientationUpright) {
  const Image upright = load_picture(testdata() / "decode/orientation_1.jpg");
  EXPECT_EQ(upright.height, 16);
  // The same stored picture under orientation 6 is one quarter turn away.
  const Image turned = load_picture(testdata() / "decode/orientation_6.jpg");
  EXPECT_EQ(turned.height, 24);
  EXPECT_EQ(turned.width, 16);
}

TEST(Decode, NamesWhatIsNotAnImage) {
  struct {
    std::string_view content, reason;
  } const cases[] = {
      {"", "zero bytes"},
      {"<html>\n<body>", "not an image (starts with \"<html>\")"},
      {"\n\n  <!DOCTYPE html><html lang>",
       "not an image (starts with \"<!DOCTYPE html><html lan\")"},
      {"version https://git-lfs.github.com/spec/v1\n",
       "not an image (starts with \"version https://git-lfs.\")"},
      {"a", "not an image (starts with \"a\")"},
      {"\0\1\2\3\4"sv, "not an image (starts with bytes 00 01 02 03)"},
      {"\xFF", "not an image (starts with bytes ff)"},
      {"  \n ", "not an image (starts with bytes 20 20 0a 20)"},
      {"\0\0\1\0\1\0\x10\x10"sv, "an ICO file, which is not read: convert it to JPEG or PNG"},
      {"\0\0\0\x18"
       "ftypheic\0\0\0\0"sv,
       "a HEIC file, which is not read: convert it to JPEG or PNG"},
      {"\0\0\0\x18"
       "ftypavif\0\0\0\0"sv,
       "an AVIF file, which is not read: convert it to JPEG or PNG"},
      {"P7\nWIDTH 8\n", "a PAM picture, which is not read: convert it to PNG"},
  };
  for (const auto& c : cases) EXPECT_EQ(problem_of(bytes_of(c.content)), c.reason);
}

TEST(Decode, RefusesClaimsOfTooManyPixelsBeforeAllocating) {
  const std::string reason = "claims 60000 × 60000 pixels, more than the limit of 178956970";
  base::Bytes jpeg = base::read_file(testdata() / "decode/420.jpg");
  const std::string_view text(reinterpret_cast<const char*>(jpeg.data()), jpeg.size());
  const std::size_t frame = text.find("\xFF\xC0");
  ASSERT_NE(frame, text.npos);
  std::memcpy(jpeg.data() + frame + 5, "\xEA\x60\xEA\x60", 4);
  EXPECT_EQ(problem_of(jpeg), reason);

  // A JPEG's header alone, and a PNG's whose checksum fits.
  EXPECT_EQ(problem_of(std::span(jpeg).first(text.find("\xFF\xDA") + 20)), reason);
  EXPECT_EQ(problem_of(bytes_of("\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\xEA\x60\0\0\xEA\x60\x08\2\0\0\0"
                                "\x0F\xB0\xE2\x15\0\0\0\0IDAT\x35\xAF\x06\x1E"sv)),
            reason);
  EXPECT_EQ(problem_of(bytes_of("P6 60000 60000 255\n")), reason);
  EXPECT_EQ(problem_of(bytes_of("GIF89a\x60\xEA\x60\xEA\0\0\0,\0\0\0\0\1\0\1\0\0\2"sv)), reason);
  base::Bytes bmp = base::read_file(testdata() / "decode/rgb.bmp");
  std::memcpy(bmp.data() + 18, "\x60\xEA\0\0\x60\xEA\0\0", 8);
  EXPECT_EQ(problem_of(bmp), reason);
}

// A sparse file takes no room on the disk, and as much memory as any.
TEST(Decode, ReadsNoFileThatIsTooLargeForAPicture) {
  const base::TestFolder folder;
  folder.write("sparse.jpg", encode_jpeg(Image(8, 8)));
  std::filesystem::resize_file(folder.path() / "sparse.jpg", std::uintmax_t{20} << 30U);
  const base::Expected<DecodedImage> decoded = read_image(folder.path() / "sparse.jpg");
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.reason(), "has 21.5 GB, more than the limit of 2.15");
}

std::string little_endian(std::size_t value, int bytes) {
  std::string text;
  for (; bytes > 0; --bytes, value >>= 8U) text += static_cast<char>(value & 0xFFU);
  return text;
}

std::string chunk(const std::string& name, const std::string& content) {
  return name + little_endian(content.size(), 4) + content + (content.size() % 2 ? "\0"s : ""s);
}

// An animation whose first frame is a still WebP's pixels at (2·left, 2·top) of its canvas.
std::string animation_of(const std::string& still, int height, int width, const Image& frame,
                         int left, int top) {
  const auto extent = [](int pixels) {
    return little_endian(static_cast<std::size_t>(pixels - 1), 3);
  };
  const std::string content =
      "WEBP" + chunk("VP8X", "\x02\0\0\0"s + extent(width) + extent(height)) +
      chunk("ANIM", std::string(6, '\0')) +
      chunk("ANMF", little_endian(static_cast<std::size_t>(left), 3) +
                        little_endian(static_cast<std::size_t>(top), 3) + extent(frame.width) +
                        extent(frame.height) + "\x64\0\0\0"s + still.substr(12));
  return chunk("RIFF", content);
}

TEST(Decode, PutsTheFirstFrameOfAWebpOnItsCanvas) {
  const std::string still = base::read_text(testdata() / "decode/lossless.webp");
  const Image frame = load_picture(testdata() / "decode/lossless.webp.expected.png");
  Image expected(frame.height + 9, frame.width + 20);
  for (int y = 0; y < frame.height; ++y)
    std::memcpy(expected.row(y + 6) + 3 * 4, frame.row(y),
                static_cast<std::size_t>(frame.width) * 3);
  const base::Expected<DecodedImage> decoded =
      decode_image(bytes_of(animation_of(still, expected.height, expected.width, frame, 2, 3)));
  ASSERT_TRUE(decoded) << decoded.reason();
  EXPECT_TRUE(same(decoded->image, expected));
  EXPECT_EQ(
      problem_of(bytes_of(animation_of(still, expected.height, expected.width, frame, 20, 3))),
      "an animated WebP that is cut off or damaged");
}

TEST(Decode, CountsTheLimitExactly) {
  const base::Bytes png = encode_png(Image(10, 20));
  EXPECT_TRUE(decode_image(png, {.limits = {.max_pixels = 200}}));
  EXPECT_FALSE(decode_image(png, {.limits = {.max_pixels = 199}}));
  EXPECT_TRUE(decode_image(png, {.limits = {.max_side = 20}}));
  EXPECT_FALSE(decode_image(png, {.limits = {.max_side = 19}}));
  EXPECT_TRUE(decode_image(png, {.limits = {.max_bytes = 600}}));
  EXPECT_FALSE(decode_image(png, {.limits = {.max_bytes = 599}}));
}

// What decoders keep beside the pixels counts too: coefficients, inks, strips.
TEST(Decode, CountsTheMemoryThatADecoderTakes) {
  const auto least = [](const char* name) {
    const base::Bytes file = base::read_file(testdata() / "decode" / name);
    const base::Expected<DecodedImage> decoded = decode_image(file);
    EXPECT_TRUE(decoded) << decoded.reason();
    const std::int64_t pixels = std::int64_t{decoded->image.height} * decoded->image.width;
    for (std::int64_t bytes = 3; bytes < 40; ++bytes) {
      if (decode_image(file, {.limits = {.max_bytes = bytes * pixels}})) return bytes;
    }
    return std::int64_t{0};
  };
  EXPECT_EQ(least("444.jpg"), 3);
  EXPECT_EQ(least("progressive.jpg"), 9);
  EXPECT_EQ(least("cmyk.jpg"), 7);
  EXPECT_EQ(least("rgb.png"), 3);
  EXPECT_EQ(least("lossless.webp"), 7);
  EXPECT_GE(least("16bit.tif"), 7);
}

Image tall_picture() {
  Image image = numbered_picture(400, 300);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width * 3; ++x) {
      image.row(y)[x] = static_cast<std::uint8_t>((x * x + y * 3) % 256);
    }
  }
  return image;
}

TEST(Decode, UsesAJpegCutOffNearItsEnd) {
  const Image picture = tall_picture();
  const base::Bytes file = encode_jpeg(picture, 90);
  const Image whole = decode_image(file)->image;
  EXPECT_EQ(problem_of(std::span(file).first(100)), "cut off in its header");
  EXPECT_THAT(problem_of(std::span(file).first(file.size() / 5)),
              ::testing::MatchesRegex("cut off after 1. % of its rows"));

  const base::Expected<DecodedImage> cut =
      decode_image(std::span(file).first(file.size() * 9 / 10));
  ASSERT_TRUE(cut) << cut.reason();
  EXPECT_THAT(cut->note, ::testing::MatchesRegex("cut off after 8. % of its rows"));
  ASSERT_EQ(cut->image.pixels.size(), whole.pixels.size());
  // What precedes the cut is as it was.
  EXPECT_TRUE(std::equal(whole.row(0), whole.row(310), cut->image.row(0)));

  // Without its end marker only, nothing is missing.
  const base::Expected<DecodedImage> endless = decode_image(std::span(file).first(file.size() - 2));
  ASSERT_TRUE(endless) << endless.reason();
  EXPECT_TRUE(same(endless->image, whole));
  EXPECT_EQ(endless->note, "");
}

TEST(Decode, UsesAProgressiveJpegAfterItsFirstScan) {
  const base::Bytes file = base::read_file(testdata() / "decode/progressive.jpg");
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  const std::size_t first_scan = text.find("\xFF\xDA");
  const std::size_t second_scan = text.find("\xFF\xDA", first_scan + 2);
  ASSERT_NE(second_scan, text.npos);
  EXPECT_EQ(problem_of(std::span(file).first(first_scan + 20)),
            "cut off in the first of its scans");
  const base::Expected<DecodedImage> cut = decode_image(std::span(file).first(second_scan + 30));
  ASSERT_TRUE(cut) << cut.reason();
  EXPECT_EQ(cut->note, "cut off in its scan 2, finer detail is missing");
  EXPECT_LT(difference(cut->image, decode_image(file)->image).mean, 40);
}

TEST(Decode, RefusesEndlessScans) {
  const base::Bytes file = base::read_file(testdata() / "decode/progressive.jpg");
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  const std::size_t last_scan = text.rfind("\xFF\xDA");
  base::Bytes bomb(file.begin(), file.end() - 2);
  for (int i = 0; i < 600; ++i) {
    bomb.insert(bomb.end(), file.begin() + static_cast<std::ptrdiff_t>(last_scan), file.end() - 2);
  }
  EXPECT_EQ(problem_of(bomb), "damaged: more than 500 scans");
  const Image picture = decode_image(file)->image;
  const base::Expected<DecodedImage> as_largest =
      decode_image(bomb, {.limits = {.max_pixels = std::int64_t{picture.height} * picture.width}});
  EXPECT_EQ(as_largest.reason(), "damaged: more than 20 scans");
}

TEST(Decode, SaysWhenOtherFormatsAreCutOffOrDamaged) {
  for (const char* name : {"rgb.png", "palette.gif", "lossy.webp", "rgb.bmp", "rgb.ppm"}) {
    const base::Bytes file = base::read_file(testdata() / "decode" / name);
    EXPECT_EQ(problem_of(std::span(file).first(file.size() * 2 / 3)), "cut off") << name;
  }
  base::Bytes png = base::read_file(testdata() / "decode/rgb.png");
  png[png.size() / 2] ^= std::byte{0x40};
  EXPECT_THAT(problem_of(png), StartsWith("damaged: "));
  const base::Bytes tiff = base::read_file(testdata() / "decode/lzw.tif");
  EXPECT_THAT(problem_of(std::span(tiff).first(tiff.size() / 2)), StartsWith("damaged: "));
}

// One small file of each format, and each way in which its pixels may be stored.
constexpr const char* kFuzzed[] = {
    "420.jpg",    "progressive.jpg", "cmyk.jpg", "palette.png",        "palette.gif",
    "alpha.webp", "animated.webp",   "lzw.tif",  "jpeg.tif",           "palette.bmp",
    "grey.pgm",   "text.pgm",        "565.bmp",  "black_and_white.pbm"};

TEST(Decode, SurvivesEveryPrefix) {
  for (const char* name : kFuzzed) {
    const base::Bytes file = base::read_file(testdata() / "decode" / name);
    for (std::size_t length = 0; length < file.size(); ++length) {
      const base::Expected<DecodedImage> decoded = decode_image(
          base::Bytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(length)));
      if (!decoded) {
        ASSERT_FALSE(decoded.reason().empty()) << name << " cut to " << length;
      }
    }
  }
}

TEST(Decode, SurvivesChangedBytes) {
  std::uint32_t state = 1;
  const auto random = [&state] {  // any numbers will do, as long as they are the same every time
    state = state * 1664525 + 1013904223;
    return state >> 8;
  };
  for (const char* name : kFuzzed) {
    const base::Bytes file = base::read_file(testdata() / "decode" / name);
    for (int trial = 0; trial < 300; ++trial) {
      base::Bytes changed = file;
      for (int i = 0; i < 3; ++i) {
        // Half of them in the first bytes, where the headers are.
        const std::size_t range =
            trial % 2 == 0 ? std::min<std::size_t>(64, file.size()) : file.size();
        changed[random() % range] = static_cast<std::byte>(random());
      }
      (void)decode_image(changed, {.limits = {.max_pixels = 1'000'000}});
    }
  }
}

TEST(Decode, SurvivesGarbageAfterEachMagic) {
  std::uint32_t state = 7;
  for (const std::string_view magic :
       {"\xFF\xD8\xFF"sv, "\x89PNG\r\n\x1A\n"sv, "RIFF\x20\x04\0\0WEBPVP8 "sv,
        "RIFF\x20\x04\0\0WEBPVP8L"sv, "RIFF\x20\x04\0\0WEBPVP8X"sv, "GIF89a"sv, "II*\0"sv,
        "MM\0*"sv, "II+\0"sv, "BM"sv, "P5 "sv, "P3 4 4 255 "sv, "P6 9 9 65535\n"sv}) {
    for (int trial = 0; trial < 50; ++trial) {
      base::Bytes file = bytes_of(magic);
      for (int i = 0; i < 20 * trial; ++i) {
        state = state * 1664525 + 1013904223;
        file.push_back(static_cast<std::byte>(state >> 24));
      }
      (void)decode_image(file, {.limits = {.max_pixels = 1'000'000}});
    }
  }
}

TEST(ReadImage, SaysWhyAFileCannotBeOpened) {
  const base::Expected<DecodedImage> missing = read_image("/nowhere/at all.jpg");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.reason(), "cannot be opened: No such file or directory");
  const base::Expected<DecodedImage> folder = read_image(testdata());
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.reason(), "is a folder, not a file");
}

TEST(ImageFormatName, IsWhatPeopleCallIt) {
  EXPECT_EQ(to_string(ImageFormat::kWebp), "WebP");
  EXPECT_EQ(to_string(ImageFormat::kUnknown), "unknown");
}

TEST(RealData, EveryNastyFileDecodesOrGivesAReason) {
  const base::Path folder = base::shared_data() / "nasty";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not here";
  for (const base::Path& path : files_in(folder)) {
    if (path.extension() == ".pth") continue;
    const base::Expected<DecodedImage> decoded = read_image(path);
    if (decoded) {
      EXPECT_FALSE(decoded->image.pixels.empty()) << path;
    } else {
      EXPECT_FALSE(decoded.reason().empty()) << path;
    }
  }
}

TEST(RealData, OrientationsStandUprightAlike) {
  const base::Path folder = base::shared_data() / "nasty/exif-orientation";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not here";
  for (const char* kind : {"Landscape", "Portrait"}) {
    const Image first = load_picture(folder / fmt::format("{}_1.jpg", kind));
    for (int orientation = 0; orientation <= 8; ++orientation) {
      const std::string name = fmt::format("{}_{}.jpg", kind, orientation);
      EXPECT_LT(difference(load_picture(folder / name), first).mean, 4) << name;
    }
  }
}

TEST(RealData, WrongNamesDoNotMatter) {
  const base::Path folder = base::shared_data() / "nasty/misnamed";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not here";
  for (const base::Path& path : files_in(folder)) {
    const base::Expected<DecodedImage> decoded = read_image(path);
    if (std::filesystem::file_size(path) == 0) {
      ASSERT_FALSE(decoded);
      EXPECT_EQ(decoded.reason(), "zero bytes");
    } else {
      EXPECT_TRUE(decoded) << path << ": " << decoded.reason();
    }
  }
}

}  // namespace
}  // namespace engraft::image
