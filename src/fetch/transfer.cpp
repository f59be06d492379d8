#include "fetch/transfer.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>

#include "engraft/error.h"

namespace engraft::fetch {
namespace {

constexpr long kConnectSeconds = 10;
constexpr long kStalledSeconds = 30;  // without a kilobyte a second
constexpr long kMaxRedirects = 5;

struct Exchange {
  CURL* curl = nullptr;
  PartialFile* file = nullptr;
  const DownloadOptions* options = nullptr;
  std::uint64_t begin = 0;  // where in the file the answer's bytes go
  bool begun = false;
  bool cancelled = false;
  std::exception_ptr thrown;
  std::string problem;
  // Of the last answer's header:
  std::string version;
  std::optional<std::uint64_t> range_begin;
  std::optional<std::uint64_t> whole_size;
};

std::optional<std::uint64_t> leading_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() ? std::optional(value) : std::nullopt;
}

// "bytes 100-199/200", or "bytes */200" where the range asked for is beyond the end.
void note_range(Exchange& exchange, std::string_view value) {
  if (value.starts_with("bytes ")) value.remove_prefix(6);
  exchange.range_begin = leading_number(value);
  const std::size_t slash = value.find('/');
  if (slash != std::string_view::npos)
    exchange.whole_size = leading_number(value.substr(slash + 1));
}

std::size_t receive_header(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  std::string_view line(bytes, size * count);
  if (line.starts_with("HTTP/")) {  // the next answer, after a redirect
    exchange.version.clear();
    exchange.range_begin.reset();
    exchange.whole_size.reset();
  }
  const auto value_of = [&](std::string_view name) -> std::optional<std::string_view> {
    if (line.size() <= name.size() || curl_strnequal(line.data(), name.data(), name.size()) == 0 ||
        line[name.size()] != ':') {
      return std::nullopt;
    }
    std::string_view value = line.substr(name.size() + 1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    return value.substr(0, value.find_last_not_of(" \t\r\n") + 1);
  };
  if (const auto value = value_of("etag")) exchange.version = *value;
  if (const auto value = value_of("content-range")) note_range(exchange, *value);
  return size * count;
}

std::size_t receive(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  try {
    if (!exchange.begun) {
      exchange.begun = true;
      long status = 0;
      curl_easy_getinfo(exchange.curl, CURLINFO_RESPONSE_CODE, &status);
      if (status != 206 && exchange.begin > 0) {  // the server sends everything again
        exchange.file->clear();
        exchange.begin = 0;
      } else if (status == 206 && exchange.range_begin != exchange.begin) {
        exchange.problem = "the server sends another part than was asked for";
        exchange.file->clear();
        return 0;
      }
    }
    return exchange.file->append(bytes, size * count) ? size * count : 0;
  } catch (...) {
    exchange.thrown = std::current_exception();
    return 0;
  }
}

int report(void* user, curl_off_t total, curl_off_t now, curl_off_t, curl_off_t) {
  auto& exchange = *static_cast<Exchange*>(user);
  if (!exchange.options->progress) return 0;
  const std::uint64_t done = exchange.begin + static_cast<std::uint64_t>(now);
  const std::uint64_t whole = total > 0 ? exchange.begin + static_cast<std::uint64_t>(total) : 0;
  try {
    exchange.cancelled = !exchange.options->progress(done, whole);
  } catch (...) {
    exchange.thrown = std::current_exception();
  }
  return exchange.cancelled || exchange.thrown ? 1 : 0;
}

template <typename T>
void set(CURL* curl, CURLoption option, T value) {
  const CURLcode code = curl_easy_setopt(curl, option, value);
  if (code != CURLE_OK) throw Error(std::string("libcurl: ") + curl_easy_strerror(code));
}

bool is_hopeless(CURLcode code, long status) {
  const bool refused = status >= 400 && status < 500 && status != 408 && status != 429;
  return refused || code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
         code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT ||
         code == CURLE_TOO_MANY_REDIRECTS;
}

}  // namespace

TransferResult Transfer::run() {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 curl_easy_cleanup);
  if (curl == nullptr) throw Error("libcurl cannot be used on this system");
  Exchange exchange{
      .curl = curl.get(), .file = &file_, .options = &options_, .begin = file_.size()};
  char reason[CURL_ERROR_SIZE] = "";
  set(curl.get(), CURLOPT_URL, url_.c_str());
  set(curl.get(), CURLOPT_PROTOCOLS_STR, "https");
  set(curl.get(), CURLOPT_REDIR_PROTOCOLS_STR, "https");
  set(curl.get(), CURLOPT_FOLLOWLOCATION, 1L);
  set(curl.get(), CURLOPT_MAXREDIRS, kMaxRedirects);
  set(curl.get(), CURLOPT_FAILONERROR, 1L);
  set(curl.get(), CURLOPT_NOSIGNAL, 1L);
  set(curl.get(), CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  set(curl.get(), CURLOPT_LOW_SPEED_LIMIT, 1024L);
  set(curl.get(), CURLOPT_LOW_SPEED_TIME, kStalledSeconds);
  set(curl.get(), CURLOPT_USERAGENT, "engraft");
  set(curl.get(), CURLOPT_ERRORBUFFER, static_cast<char*>(reason));
  set(curl.get(), CURLOPT_HEADERFUNCTION, &receive_header);
  set(curl.get(), CURLOPT_HEADERDATA, &exchange);
  set(curl.get(), CURLOPT_WRITEFUNCTION, &receive);
  set(curl.get(), CURLOPT_WRITEDATA, &exchange);
  set(curl.get(), CURLOPT_NOPROGRESS, 0L);
  set(curl.get(), CURLOPT_XFERINFOFUNCTION, &report);
  set(curl.get(), CURLOPT_XFERINFODATA, &exchange);
  if (!options_.certificate_file.empty()) {
    set(curl.get(), CURLOPT_CAINFO, options_.certificate_file.c_str());
  }
  // Not CURLOPT_RESUME_FROM: with it, libcurl fails where the server sends everything again.
  const std::string range = fmt::format("{}-", exchange.begin);
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(nullptr, curl_slist_free_all);
  if (exchange.begin > 0) {
    set(curl.get(), CURLOPT_RANGE, range.c_str());
    if (version_.starts_with('"')) {  // a strong ETag: another version is sent from its beginning
      headers.reset(curl_slist_append(nullptr, fmt::format("If-Range: {}", version_).c_str()));
      set(curl.get(), CURLOPT_HTTPHEADER, headers.get());
    }
  }
  const CURLcode code = curl_easy_perform(curl.get());
  if (exchange.thrown) std::rethrow_exception(exchange.thrown);
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (exchange.begun) version_ = exchange.version;
  if (code == CURLE_OK) return {.done = true};
  if (exchange.cancelled) return {.problem = "stopped"};
  if (!file_.problem().empty()) return {.problem = file_.problem()};
  if (!exchange.problem.empty()) return {.worth_repeating = true, .problem = exchange.problem};
  if (status == 416) {  // nothing is left to send: the part is whole, or of another file
    if (exchange.whole_size == file_.size()) return {.done = true};
    file_.clear();
    return {.worth_repeating = true, .problem = "the server has less than was fetched before"};
  }
  return {.worth_repeating = !is_hopeless(code, status),
          .problem = status >= 400     ? fmt::format("the server answers {}", status)
                     : *reason != '\0' ? reason
                                       : curl_easy_strerror(code)};
}

}  // namespace engraft::fetch
