import socket
from time import perf_counter

from stats import quantile


def ping(host, port, seconds, warmUp):
    """Sends one byte at a time over one connection. Microseconds there and back."""
    times = []
    with socket.create_connection((host, port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        began = perf_counter() + warmUp
        now = 0
        while now < began + seconds:
            sent = perf_counter()
            connection.send(b"x")
            if not connection.recv(1):
                raise ConnectionError("the relay hung up")
            now = perf_counter()
            if sent >= began:
                times.append((now - sent) * 1e6)
    return {"p50": quantile(times, 0.5), "p99": quantile(times, 0.99)}
