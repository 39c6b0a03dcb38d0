"""A tiny server in a pod: it says its own name to every word, and resets the connection that asks for that."""

import socket
import socketserver
import struct
import sys


class Visit(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while word := self.request.recv(100):
            if word == b"reset":
                self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.request.close()
                return
            self.request.sendall(socket.gethostname().encode())


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def shutdown_request(self, request: object) -> None:
        """Nothing: a polite end would come before the reset."""


if __name__ == "__main__":
    Server(("0.0.0.0", int(sys.argv[1])), Visit).serve_forever()  # noqa: S104 - in a pod of its own
