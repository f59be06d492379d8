#include "fetch/testing/https_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <stdexcept>

namespace engraft::fetch {
namespace {

void require(bool condition, const char* what) {
  if (!condition) throw std::runtime_error(std::string("test server: ") + what);
}

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

void add_extension(X509* certificate, int kind, const char* value) {
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, kind, value), X509_EXTENSION_free);
  require(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1, "extension");
}

// Valid for 127.0.0.1 for an hour, signed by itself.
Certificate make_certificate(EVP_PKEY* key) {
  Certificate certificate(X509_new(), X509_free);
  X509* x = certificate.get();
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
  X509_gmtime_adj(X509_getm_notBefore(x), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x), 3600);
  X509_set_pubkey(x, key);
  X509_NAME* name = X509_get_subject_name(x);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("engraft test"), -1, -1, 0);
  X509_set_issuer_name(x, name);
  add_extension(x, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(x, NID_subject_alt_name, "IP:127.0.0.1");
  require(X509_sign(x, key, EVP_sha256()) > 0, "signing");
  return certificate;
}

bool send_all(SSL* connection, const std::string& text) {
  return text.empty() || SSL_write(connection, text.data(), static_cast<int>(text.size())) > 0;
}

Request parse_request(const std::string& head) {
  Request request;
  const std::size_t begin = head.find(' ') + 1;
  request.path = head.substr(begin, head.find(' ', begin) - begin);
  const std::string field = "\r\nRange: bytes=";
  if (const std::size_t range = head.find(field); range != std::string::npos) {
    request.range_begin = std::stoull(head.substr(range + field.size()));
  }
  return request;
}

}  // namespace

HttpsServer::HttpsServer(const base::Path& folder, Handler handler)
    : handler_(std::move(handler)), certificate_(folder / "certificate.pem") {
  std::signal(SIGPIPE, SIG_IGN);  // the client may leave first
  const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  require(key != nullptr, "key");
  const Certificate certificate = make_certificate(key.get());
  std::FILE* file = std::fopen(certificate_.c_str(), "wb");
  require(file != nullptr && PEM_write_X509(file, certificate.get()) == 1, "certificate");
  std::fclose(file);
  context_.reset(SSL_CTX_new(TLS_server_method()));
  require(SSL_CTX_use_certificate(context_.get(), certificate.get()) == 1 &&
              SSL_CTX_use_PrivateKey(context_.get(), key.get()) == 1,
          "context");

  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  require(::bind(socket_, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
              ::listen(socket_, 16) == 0 &&
              ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length) == 0,
          "socket");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

HttpsServer::~HttpsServer() {
  stop_ = true;
  thread_.join();
  ::close(socket_);
}

std::string HttpsServer::url(const std::string& path) const {
  return fmt::format("https://127.0.0.1:{}{}", port_, path);
}

std::vector<Request> HttpsServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void HttpsServer::serve() {
  while (!stop_) {
    pollfd ready{socket_, POLLIN, 0};
    if (::poll(&ready, 1, 20) <= 0) continue;
    const int client = ::accept(socket_, nullptr, nullptr);
    if (client < 0) continue;
    const timeval patience{5, 0};
    ::setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    {
      const std::unique_ptr<SSL, decltype(&SSL_free)> connection(SSL_new(context_.get()), SSL_free);
      SSL_set_fd(connection.get(), client);
      if (SSL_accept(connection.get()) == 1) answer(connection.get());
    }
    ::close(client);
  }
}

void HttpsServer::answer(SSL* connection) {
  std::string head;
  char piece[4096];
  while (head.find("\r\n\r\n") == std::string::npos) {
    const int got = SSL_read(connection, piece, sizeof piece);
    if (got <= 0) return;
    head.append(piece, static_cast<std::size_t>(got));
  }
  const Request request = parse_request(head);
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }
  const Reply reply = handler_(request);
  std::string text = fmt::format("HTTP/1.1 {} Reply\r\nContent-Length: {}\r\nConnection: close\r\n",
                                 reply.status, reply.body.size());
  for (const std::string& header : reply.headers) text += header + "\r\n";
  if (!send_all(connection, text + "\r\n")) return;
  send_all(connection, reply.body.substr(0, std::min(reply.break_after, reply.body.size())));
  if (reply.break_after >= reply.body.size()) SSL_shutdown(connection);
}

}  // namespace engraft::fetch
