// A small https server on this machine for the download's tests: one answer a connection, with a
// certificate made for the occasion.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"

namespace engraft::fetch {

struct Request {
  std::string path;
  std::optional<std::size_t> range_begin;  // of "Range: bytes=N-"
};

struct Reply {
  int status = 200;
  std::vector<std::string> headers;
  std::string body;
  std::size_t break_after = std::string::npos;  // closes the connection after so many bytes of body
};

class HttpsServer {
 public:
  using Handler = std::function<Reply(const Request&)>;

  // Writes its certificate into `folder`. The handler is called from the server's thread.
  HttpsServer(const base::Path& folder, Handler handler);
  HttpsServer(const HttpsServer&) = delete;
  HttpsServer& operator=(const HttpsServer&) = delete;
  ~HttpsServer();

  std::string url(const std::string& path) const;
  std::string certificate_file() const { return certificate_; }
  std::vector<Request> requests() const;  // so far

 private:
  void serve();
  void answer(SSL* connection);

  Handler handler_;
  std::string certificate_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_{nullptr, SSL_CTX_free};
  int socket_ = -1;
  int port_ = 0;
  std::atomic<bool> stop_{false};
  mutable std::mutex mutex_;
  std::vector<Request> requests_;
  std::thread thread_;
};

}  // namespace engraft::fetch
