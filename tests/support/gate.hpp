// gate.hpp -- a TCP forwarder on loopback that a test can close: bytes wait, connections stay.
// Owns:    a port, a thread and the connections through it.
// Thread:  any; its own thread moves the bytes.
// Fails:   the constructor throws boost::system::system_error; a broken connection ends its peer.
// Never:   drops or reorders a byte of a connection that lives.
#pragma once

#include <memory>
#include <string>

namespace rolecall::testing {

class Gate {
 public:
  Gate(const std::string& host, int port);
  ~Gate();
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  int port() const;
  void close();
  void open();
  // Closes by itself once a client has said `text`: that still passes, its answer does not.
  void close_after(const std::string& text);

 private:
  class Forwarder;
  std::unique_ptr<Forwarder> forwarder_;
};

}  // namespace rolecall::testing
