#include "fetch/download.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/hash.h"
#include "engraft/error.h"
#include "fetch/testing/https_server.h"

namespace engraft::fetch {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// An environment variable for the time of one test.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() {
    if (before_) {
      ::setenv(name_, before_->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

class Download : public testing::Test {
 protected:
  Download() {
    std::string pattern = (std::filesystem::temp_directory_path() / "engraft-dl-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    for (std::size_t i = 0; i < 300'000; ++i) content_ += static_cast<char>(i * 31 + i / 256);
    hash_ = base::sha256_hex(std::as_bytes(std::span(content_)));
    target_ = folder_ / "cache" / ("net-" + hash_.substr(0, 8) + ".pth");
    partial_ = target_;
    partial_ += ".partial";
  }
  ~Download() override { std::filesystem::remove_all(folder_); }

  // What an honest server answers.
  Reply honest(const Request& request) const {
    if (!request.range_begin) return {.body = content_};
    if (*request.range_begin >= content_.size()) {
      return {.status = 416,
              .headers = {"Content-Range: bytes */" + std::to_string(content_.size())}};
    }
    return {
        .status = 206,
        .headers = {"Content-Range: bytes " + std::to_string(*request.range_begin) + "-" +
                    std::to_string(content_.size() - 1) + "/" + std::to_string(content_.size())},
        .body = content_.substr(*request.range_begin)};
  }

  std::string problem_of(const HttpsServer& server, const std::string& path,
                         DownloadOptions options = {}) const {
    return problem_of_url(server, server.url(path), std::move(options));
  }
  std::string problem_of_url(const HttpsServer& server, const std::string& url,
                             DownloadOptions options) const {
    options.certificate_file = server.certificate_file();
    try {
      download(url, target_, options);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  void write_partial(const std::string& text) const {
    std::filesystem::create_directories(partial_.parent_path());
    base::write_atomically(partial_, text);
  }

  Variable no_proxy_{"no_proxy", "127.0.0.1"};
  base::Path folder_;
  std::string content_;
  std::string hash_;
  base::Path target_;
  base::Path partial_;
};

TEST_F(Download, FetchesAFileAndTellsHowFarItIs) {
  HttpsServer server(folder_, [&](const Request& request) { return honest(request); });
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  const DownloadOptions options{.progress = [&](std::uint64_t now, std::uint64_t all) {
    done = now;
    total = all;
    return true;
  }};
  EXPECT_EQ(problem_of(server, "/f", options), "no error");
  EXPECT_EQ(base::read_text(target_), content_);
  EXPECT_FALSE(std::filesystem::exists(partial_));
  EXPECT_EQ(done, content_.size());
  EXPECT_EQ(total, content_.size());
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(Download, GoesOnWhereTheConnectionBroke) {
  HttpsServer server(folder_, [&](const Request& request) {
    Reply reply = honest(request);
    if (!request.range_begin || *request.range_begin < 150'000) reply.break_after = 100'000;
    return reply;
  });
  EXPECT_EQ(problem_of(server, "/f"), "no error");
  EXPECT_EQ(base::read_text(target_), content_);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[1].range_begin, 100'000U);
  EXPECT_EQ(requests[2].range_begin, 200'000U);
}

TEST_F(Download, GoesOnWhereAnEarlierRunStopped) {
  HttpsServer server(folder_, [&](const Request& request) { return honest(request); });
  write_partial(content_.substr(0, 1234));
  EXPECT_EQ(problem_of(server, "/f"), "no error");
  EXPECT_EQ(base::read_text(target_), content_);
  ASSERT_EQ(server.requests().size(), 1U);
  EXPECT_EQ(server.requests()[0].range_begin, 1234U);
}

TEST_F(Download, AWholePartNeedsNoServer) {
  HttpsServer server(folder_, [&](const Request& request) { return honest(request); });
  write_partial(content_);
  EXPECT_EQ(problem_of(server, "/f"), "no error");
  EXPECT_EQ(base::read_text(target_), content_);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(Download, StartsAgainWhereTheEarlierPartWasWrong) {
  HttpsServer server(folder_, [&](const Request& request) { return honest(request); });
  for (const std::string& wrong : {std::string(1234, 'x'), content_ + "more"}) {
    write_partial(wrong);
    EXPECT_EQ(problem_of(server, "/f"), "no error");
    EXPECT_EQ(base::read_text(target_), content_);
    std::filesystem::remove(target_);
  }
}

TEST_F(Download, TakesTheWholeFromAServerThatCannotContinue) {
  HttpsServer server(folder_, [&](const Request&) { return Reply{.body = content_}; });
  write_partial(content_.substr(0, 1000));
  EXPECT_EQ(problem_of(server, "/f"), "no error");
  EXPECT_EQ(base::read_text(target_), content_);
}

TEST_F(Download, DoesNotMixInAnotherPartThanItAskedFor) {
  HttpsServer server(folder_, [&](const Request& request) {
    if (!request.range_begin) return Reply{.body = content_};
    return Reply{.status = 206,
                 .headers = {"Content-Range: bytes 5-299999/300000"},
                 .body = content_.substr(5)};
  });
  write_partial(content_.substr(0, 1000));
  EXPECT_EQ(problem_of(server, "/f"), "no error");
  EXPECT_EQ(base::read_text(target_), content_);
}

TEST_F(Download, WithoutAHashTrustsNoEarlierPart) {
  HttpsServer server(folder_, [&](const Request& request) { return honest(request); });
  target_ = folder_ / "plain.pth";
  partial_ = folder_ / "plain.pth.partial";
  write_partial("wrong");
  EXPECT_EQ(problem_of(server, "/f"), "no error");
  EXPECT_EQ(base::read_text(target_), content_);
}

TEST_F(Download, RefusesAnotherFileThanWasPublished) {
  HttpsServer server(folder_, [&](const Request&) { return Reply{.body = "<html>sorry</html>"}; });
  EXPECT_THAT(problem_of(server, "/f"), AllOf(HasSubstr(hash_.substr(0, 8)), HasSubstr("by hand"),
                                              HasSubstr(target_.string())));
  EXPECT_FALSE(std::filesystem::exists(target_));
  EXPECT_FALSE(std::filesystem::exists(partial_));
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(Download, GivesUpAtOnceWhereTryingAgainCannotHelp) {
  HttpsServer server(folder_, [&](const Request& request) {
    if (request.path == "/plain")
      return Reply{.status = 302, .headers = {"Location: http://127.0.0.1/"}};
    if (request.path == "/file")
      return Reply{.status = 302, .headers = {"Location: file:///etc/passwd"}};
    if (request.path == "/loop") return Reply{.status = 302, .headers = {"Location: /loop"}};
    return Reply{.status = 404, .body = "no such file"};
  });
  EXPECT_THAT(problem_of(server, "/f"), AllOf(HasSubstr("404"), HasSubstr("by hand")));
  EXPECT_EQ(server.requests().size(), 1U);
  EXPECT_NE(problem_of(server, "/plain"), "no error");
  EXPECT_NE(problem_of(server, "/file"), "no error");
  EXPECT_EQ(server.requests().size(), 3U);
  EXPECT_NE(problem_of(server, "/loop"), "no error");
  EXPECT_EQ(server.requests().size(), 9U);  // five redirects
  for (const char* url : {"http://127.0.0.1/f", "file:///etc/passwd", "ftp://127.0.0.1/f"}) {
    EXPECT_THAT(problem_of_url(server, url, {}), HasSubstr("failed"));
  }
  EXPECT_FALSE(std::filesystem::exists(partial_));
}

TEST_F(Download, FollowsRedirects) {
  HttpsServer server(folder_, [&](const Request& request) {
    if (request.path == "/moved")
      return Reply{.status = 301, .headers = {"Location: /f"}, .body = "x"};
    return honest(request);
  });
  EXPECT_EQ(problem_of(server, "/moved"), "no error");
  EXPECT_EQ(base::read_text(target_), content_);
}

TEST_F(Download, TriesAgainWhenTheServerIsBusy) {
  int asked = 0;
  HttpsServer server(folder_, [&](const Request& request) {
    return ++asked < 3 ? Reply{.status = 503, .body = "busy"} : honest(request);
  });
  EXPECT_EQ(problem_of(server, "/f"), "no error");
  EXPECT_EQ(base::read_text(target_), content_);
  std::filesystem::remove(target_);
  asked = -10;
  EXPECT_THAT(problem_of(server, "/f", {.attempts = 2}), HasSubstr("503"));
}

TEST_F(Download, KeepsWhatItHasWhenStopped) {
  HttpsServer server(folder_, [&](const Request& request) { return honest(request); });
  const DownloadOptions options{
      .progress = [](std::uint64_t done, std::uint64_t) { return done == 0; }};
  EXPECT_THAT(problem_of(server, "/f", options), HasSubstr("stopped"));
  EXPECT_FALSE(std::filesystem::exists(target_));
  EXPECT_GT(std::filesystem::file_size(partial_), 0U);
  EXPECT_EQ(problem_of(server, "/f"), "no error");
  EXPECT_EQ(base::read_text(target_), content_);
}

TEST_F(Download, TrustsNoUnknownCertificate) {
  HttpsServer server(folder_, [&](const Request& request) { return honest(request); });
  try {
    download(server.url("/f"), target_);
    ADD_FAILURE() << "accepted an unknown certificate";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("certificate"));
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(Download, TwoAtOnceGiveOneWholeFile) {
  HttpsServer server(folder_, [&](const Request& request) {
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    return honest(request);
  });
  std::string first;
  std::thread other([&] { first = problem_of(server, "/f"); });
  const std::string second = problem_of(server, "/f");
  other.join();
  EXPECT_EQ(first, "no error");
  EXPECT_EQ(second, "no error");
  EXPECT_EQ(base::read_text(target_), content_);
  EXPECT_EQ(server.requests().size(), 1U);
  EXPECT_FALSE(std::filesystem::exists(partial_));
}

TEST_F(Download, CanBeForbidden) {
  const Variable offline("ENGRAFT_OFFLINE", "1");
  try {
    download("https://127.0.0.1:9/f", target_);
    ADD_FAILURE() << "went online";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("ENGRAFT_OFFLINE"), HasSubstr("by hand")));
  }
}

TEST_F(Download, CachedFilesAreCheckedByTheirName) {
  const Variable home("TORCH_HOME", folder_.string());
  const std::string name = target_.filename();
  EXPECT_EQ(checkpoint_folder(), folder_ / "hub" / "checkpoints");
  EXPECT_EQ(find_checkpoint(name), std::nullopt);
  EXPECT_FALSE(has_checkpoint(name));
  std::filesystem::create_directories(checkpoint_folder());
  base::write_atomically(checkpoint_folder() / name, content_);
  EXPECT_EQ(find_checkpoint(name), checkpoint_folder() / name);
  EXPECT_TRUE(has_checkpoint(name));
  base::write_atomically(checkpoint_folder() / name, "something else");
  EXPECT_THROW(find_checkpoint(name), Error);
  EXPECT_FALSE(has_checkpoint(name));
}

}  // namespace
}  // namespace engraft::fetch
