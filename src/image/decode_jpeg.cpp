#include <fmt/format.h>

// jpeglib.h needs these two before it.
#include <cstddef>
#include <cstdio>

#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>
#include <vector>

#include "image/decode_formats.h"
#include "image/exif.h"

namespace engraft::image {
namespace {

// A progressive picture has about ten scans; thousands are an attack. Each goes over the whole
// picture, so that a large one may have fewer: twenty at the limit of pixels.
constexpr int kMostScans = 500;
constexpr int kScansOfLargest = 20;
constexpr int kEndOfImage = 0xD9;

// libjpeg reports errors by a jump, which must not skip destructors: so each member that calls it
// is a function of its own, without objects that need destruction, and returns false after a jump.
class JpegReader {
 public:
  JpegReader() = default;
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;
  ~JpegReader() { jpeg_destroy_decompress(&info); }

  bool read_header(FileView file);
  bool start();  // reads all scans of a picture that has several
  // Rows outside [first, end) are gone through, so that damage shows, but not computed, except for
  // the last one.
  bool read_rows(std::uint8_t* pixels, std::size_t row_bytes, unsigned first, unsigned end);

  bool all_components_seen() const { return components_seen == (1u << info.num_components) - 1; }

  jpeg_decompress_struct info{};
  int most_scans = kMostScans;
  char message[JMSG_LENGTH_MAX]{};  // the error's, after a function returned false
  char warning[JMSG_LENGTH_MAX]{};  // the first one's
  bool ended = false;               // libjpeg wanted more than the file has

  // Where the picture's data ran out, if they did before its last pixel.
  bool cut = false;
  bool cut_in_first_scan = false;  // a component's coarsest form is not complete
  unsigned rows_before_cut = 0;
  int scan_of_cut = 0;

 private:
  static JpegReader& of(j_common_ptr common) {
    return *static_cast<JpegReader*>(common->client_data);
  }
  static JpegReader& of(j_decompress_ptr common) {
    return of(reinterpret_cast<j_common_ptr>(common));
  }
  static void stop(j_common_ptr common);
  static void note_warning(j_common_ptr common, int level);
  static boolean refill(j_decompress_ptr decompress);
  static void skip(j_decompress_ptr decompress, long bytes);
  static void watch_scans(j_common_ptr common);
  void mark_cut();

  jpeg_error_mgr errors{};
  jpeg_source_mgr source{};
  jpeg_progress_mgr progress{};
  std::jmp_buf escape{};
  unsigned components_seen = 0;  // a bit for each that at least one coarse scan has brought
};

void JpegReader::stop(j_common_ptr common) {
  JpegReader& reader = of(common);
  common->err->format_message(common, reader.message);
  std::longjmp(reader.escape, 1);
}

void JpegReader::mark_cut() {
  if (cut) return;
  cut = true;
  cut_in_first_scan = info.Ss == 0 && info.Ah == 0;
  rows_before_cut = info.input_iMCU_row * static_cast<unsigned>(info.max_v_samp_factor) * DCTSIZE;
  scan_of_cut = info.input_scan_number;
}

void JpegReader::note_warning(j_common_ptr common, int level) {
  JpegReader& reader = of(common);
  const int code = common->err->msg_code;
  if (level >= 0 || code == JWRN_EXTRANEOUS_DATA) return;
  if (code == JWRN_HIT_MARKER && (reader.ended || reader.info.unread_marker == kEndOfImage)) {
    reader.mark_cut();
  } else if (reader.warning[0] == '\0' && code != JWRN_JPEG_EOF) {
    common->err->format_message(common, reader.warning);
  }
}

// At the file's end libjpeg is fed end markers, as by its own sources.
boolean JpegReader::refill(j_decompress_ptr decompress) {
  static constexpr JOCTET kEnd[] = {0xFF, kEndOfImage};
  JpegReader& reader = of(decompress);
  // The arithmetic decoder never says that it has run out.
  if (decompress->arith_code) reader.mark_cut();
  reader.ended = true;
  reader.source.next_input_byte = kEnd;
  reader.source.bytes_in_buffer = sizeof kEnd;
  return TRUE;
}

void JpegReader::skip(j_decompress_ptr decompress, long bytes) {
  jpeg_source_mgr& source = of(decompress).source;
  if (bytes <= 0) return;
  if (static_cast<std::size_t>(bytes) > source.bytes_in_buffer) {
    refill(decompress);
    return;
  }
  source.next_input_byte += bytes;
  source.bytes_in_buffer -= static_cast<std::size_t>(bytes);
}

void JpegReader::watch_scans(j_common_ptr common) {
  JpegReader& reader = of(common);
  const jpeg_decompress_struct& info = reader.info;
  if (info.input_scan_number > reader.most_scans) {
    std::snprintf(reader.message, sizeof reader.message, "more than %d scans", reader.most_scans);
    std::longjmp(reader.escape, 1);
  }
  if (info.Ss != 0) return;  // only refines what other scans bring
  for (int i = 0; i < info.comps_in_scan; ++i) {
    reader.components_seen |= 1u << info.cur_comp_info[i]->component_index;
  }
}

bool JpegReader::read_header(FileView file) {
  info.err = jpeg_std_error(&errors);
  errors.error_exit = stop;
  errors.emit_message = note_warning;
  info.client_data = this;
  if (setjmp(escape) != 0) return false;
  jpeg_create_decompress(&info);
  source.next_input_byte = reinterpret_cast<const JOCTET*>(file.data());
  source.bytes_in_buffer = file.size();
  source.init_source = [](j_decompress_ptr) {};
  source.fill_input_buffer = refill;
  source.skip_input_data = skip;
  source.resync_to_restart = jpeg_resync_to_restart;
  source.term_source = [](j_decompress_ptr) {};
  info.src = &source;
  progress.progress_monitor = watch_scans;
  info.progress = &progress;
  jpeg_save_markers(&info, JPEG_APP0 + 1, 0xFFFF);
  jpeg_read_header(&info, TRUE);
  return true;
}

bool JpegReader::start() {
  if (setjmp(escape) != 0) return false;
  jpeg_start_decompress(&info);
  return true;
}

bool JpegReader::read_rows(std::uint8_t* pixels, std::size_t row_bytes, unsigned first,
                           unsigned end) {
  if (setjmp(escape) != 0) return false;
  if (first > 0) jpeg_skip_scanlines(&info, first);
  while (info.output_scanline < info.output_height) {
    if (info.output_scanline == end && end + 1 < info.output_height) {
      jpeg_skip_scanlines(&info, info.output_height - 1 - end);
    }
    JSAMPROW row = pixels + info.output_scanline * row_bytes;
    jpeg_read_scanlines(&info, &row, 1);
  }
  return true;
}

int orientation_of(const jpeg_decompress_struct& info) {
  for (auto* marker = info.marker_list; marker != nullptr; marker = marker->next) {
    const auto bytes = std::as_bytes(std::span(marker->data, marker->data_length));
    if (bytes.size() > 6 && std::memcmp(bytes.data(), "Exif\0\0", 6) == 0) {
      return exif_orientation(bytes);
    }
  }
  return 1;
}

int scans_allowed(const jpeg_decompress_struct& info, const DecodeOptions& options) {
  const std::int64_t pixels = std::int64_t{info.image_width} * info.image_height;
  return static_cast<int>(std::clamp<std::int64_t>(
      kScansOfLargest * options.limits.max_pixels / pixels, kScansOfLargest, kMostScans));
}

// Inverted CMYK, as Adobe's programs store it, to RGB, with PIL's rounding.
void convert_cmyk(const std::uint8_t* cmyk, std::uint8_t* rgb, std::size_t pixels) {
  for (std::size_t i = 0; i < pixels; ++i, cmyk += 4, rgb += 3) {
    const int white = cmyk[3];
    for (int c = 0; c < 3; ++c) {
      const int product = (255 - cmyk[c]) * white + 128;
      rgb[c] = static_cast<std::uint8_t>(white - ((product + (product >> 8)) >> 8));
    }
  }
}

// What is to be said of a picture whose pixels have all been given, some perhaps made up.
base::Expected<std::string> judge(JpegReader& reader) {
  const bool several_scans = jpeg_has_multiple_scans(&reader.info) != 0;
  if (several_scans && !reader.all_components_seen()) {
    return base::Problem{"cut off before all of its colours"};
  }
  if (reader.cut && several_scans) {
    if (reader.cut_in_first_scan) return base::Problem{"cut off in the first of its scans"};
    return fmt::format("cut off in its scan {}, finer detail is missing", reader.scan_of_cut);
  }
  if (reader.cut) {
    const unsigned height = reader.info.image_height;
    const unsigned rows = std::min(reader.rows_before_cut, height);
    const std::string what = fmt::format("cut off after {} % of its rows", rows * 100ULL / height);
    if (rows * 4ULL < height * 3ULL) return base::Problem{what};
    return what;
  }
  if (reader.warning[0] != '\0') return fmt::format("damaged: {}", reader.warning);
  return std::string();
}

}  // namespace

base::Expected<StoredImage> decode_jpeg(FileView file, const DecodeOptions& options) {
  JpegReader reader;
  const auto damaged = [&reader] {
    return base::Problem{fmt::format("damaged: {}", reader.message)};
  };
  const bool has_header = reader.read_header(file);
  if (reader.ended) return base::Problem{"cut off in its header"};
  if (!has_header) return damaged();

  jpeg_decompress_struct& info = reader.info;
  if (auto problem = size_problem(info.image_width, info.image_height, options.limits))
    return *problem;
  reader.most_scans = scans_allowed(info, options);
  const bool cmyk = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
  if (info.jpeg_color_space == JCS_UNKNOWN) {
    return base::Problem{fmt::format(
        "a JPEG of {} components, which is not read: convert it to RGB", info.num_components)};
  }
  info.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
  // All coefficients of a picture of several scans are kept, two bytes each; inks beside pixels.
  const int kept = (jpeg_has_multiple_scans(&info) != 0 ? 2 * info.num_components : 0) +
                   (cmyk ? info.num_components : 0);
  const std::int64_t pixels = std::int64_t{info.image_width} * info.image_height;
  if (auto problem = memory_problem(pixels, kept * pixels, options.limits)) return *problem;

  StoredImage result;
  result.orientation = orientation_of(info);
  JpegNeeds needs;
  if (options.needs) {
    const auto height = static_cast<int>(info.image_height);
    const auto width = static_cast<int>(info.image_width);
    const bool on_its_side = result.orientation >= 5;
    needs = on_its_side ? options.needs(width, height) : options.needs(height, width);
    result.reduction = needs.reduction;
    info.scale_num = 1;
    info.scale_denom = static_cast<unsigned>(result.reduction);
  }
  if (!reader.start()) return damaged();
  unsigned first = 0;
  unsigned end = info.output_height;
  if (result.orientation == 1) {  // else its rows are not those that are meant
    const auto reduction = static_cast<unsigned>(result.reduction);
    first = static_cast<unsigned>(needs.first_row) / reduction;
    end = (static_cast<unsigned>(needs.end_row) + reduction - 1) / reduction;
  }
  result.image = Image(static_cast<int>(info.output_height), static_cast<int>(info.output_width));
  const std::size_t row_bytes = info.output_width * static_cast<std::size_t>(cmyk ? 4 : 3);
  if (cmyk) {
    std::vector<std::uint8_t> inks(row_bytes * info.output_height);
    if (!reader.read_rows(inks.data(), row_bytes, 0, info.output_height)) return damaged();
    convert_cmyk(inks.data(), result.image.pixels.data(), inks.size() / 4);
  } else if (!reader.read_rows(result.image.pixels.data(), row_bytes, first, end)) {
    return damaged();
  }
  base::Expected<std::string> note = judge(reader);
  if (!note) return note.problem();
  result.note = *std::move(note);
  return result;
}

}  // namespace engraft::image
