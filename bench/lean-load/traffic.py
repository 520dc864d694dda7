"""What runs in the background of commands: the target service, and streams."""

import os
import socket
import time
from select import EPOLLHUP, EPOLLERR, EPOLLIN, EPOLLOUT, epoll

# Fits a core's second-level cache, where the relay's own buffers also want to be.
CHUNK = 256 * 1024
LARGEST = 1024 * 1024

# What a client asks the target for with its first byte; with any other, for an echo.
SOURCE = b"s"
BOTH_WAYS = b"b"


class Traffic:
    def __init__(self):
        self._epoll = epoll()
        self._handlers = {}
        self._bytes = 0
        self._room = bytearray(LARGEST)
        # Sent with sendfile(2), so that sending copies nothing.
        self._file = os.memfd_create("bytes")
        os.write(self._file, bytes(CHUNK))

    def watch(self, fd, handler, events=EPOLLIN):
        self._handlers[fd] = handler
        self._epoll.register(fd, events)

    def run(self):
        while True:
            for fd, events in self._epoll.poll():
                self._handlers[fd](events)

    def serve(self):
        listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        listener.setblocking(False)
        self.watch(listener.fileno(), lambda _: self._accept(listener))
        return listener.getsockname()[1]

    def stream(self, host, port, streams, bothWays):
        """Opens streams and throws away all they bring."""
        for _ in range(streams):
            connection = socket.create_connection((host, port))
            connection.setblocking(False)
            connection.send(BOTH_WAYS if bothWays else SOURCE)
            events = EPOLLIN | EPOLLOUT if bothWays else EPOLLIN
            self.watch(connection.fileno(), self._flow(connection), events)

    def received(self):
        return {"bytes": self._bytes, "at": time.perf_counter() * 1000}

    def _accept(self, listener):
        try:
            connection, _ = listener.accept()
        except BlockingIOError:
            return
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.watch(connection.fileno(), lambda _: self._first(connection))

    def _first(self, connection):
        data = self._receive(connection)
        if data is None:
            return
        fd = connection.fileno()
        if data[:1] == SOURCE:
            self._handlers[fd] = self._flow(connection)
            self._epoll.modify(fd, EPOLLOUT)
        elif data[:1] == BOTH_WAYS:
            self._handlers[fd] = self._flow(connection)
            self._epoll.modify(fd, EPOLLIN | EPOLLOUT)
        else:
            connection.send(data)
            self._handlers[fd] = lambda _: self._echo(connection)

    def _echo(self, connection):
        data = self._receive(connection)
        if data is not None:
            connection.send(data)

    def _receive(self, connection):
        """None, and the connection closed, when there is nothing to come."""
        try:
            data = connection.recv(4096)
        except ConnectionError:
            data = b""
        if data:
            return data
        self._close(connection)
        return None

    def _flow(self, connection):
        fd = connection.fileno()
        # Woken for a chunk, not for each segment.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, CHUNK)

        def move(events):
            try:
                if events & (EPOLLIN | EPOLLHUP | EPOLLERR):
                    # Thrown away in the kernel, so that receiving copies nothing; see tcp(7).
                    count = connection.recv_into(self._room, LARGEST, socket.MSG_TRUNC)
                    if count == 0:
                        return self._close(connection)
                    self._bytes += count
                if events & EPOLLOUT:
                    os.sendfile(fd, self._file, 0, CHUNK)
            except BlockingIOError:
                pass
            except OSError:
                self._close(connection)

        return move

    def _close(self, connection):
        del self._handlers[connection.fileno()]
        connection.close()
