import socket
from select import EPOLLIN, EPOLLOUT, epoll
from time import perf_counter

from stats import quantile

# Seconds without any event after which what is still open counts as failed.
GIVE_UP = 10


def churn(host, port, inFlight, seconds):
    """Opens connections, each for one byte there and back, with so many in flight at any time."""
    poller = epoll()
    visits = {}
    latencies = []
    started = 0

    def start():
        nonlocal started
        started += 1
        connection = socket.socket()
        connection.setblocking(False)
        visits[connection.fileno()] = connection, perf_counter()
        connection.connect_ex((host, port))
        poller.register(connection.fileno(), EPOLLOUT)

    began = last = perf_counter()
    for _ in range(inFlight):
        start()
    while visits and (events := poller.poll(GIVE_UP)):
        for fd, event in events:
            connection, connecting = visits[fd]
            try:
                if event & EPOLLOUT:
                    connection.send(b"x")
                    poller.modify(fd, EPOLLIN)
                    continue
                if connection.recv(1):
                    latencies.append((perf_counter() - connecting) * 1000)
                    connection.shutdown(socket.SHUT_WR)
                    continue
            except OSError:
                pass
            # Only now that the relay has closed its side too, or it could fall behind unseen.
            del visits[fd]
            connection.close()
            last = perf_counter()
            if last < began + seconds:
                start()
    return {
        "connections": len(latencies),
        "failed": started - len(latencies),
        "seconds": last - began,
        "p50": quantile(latencies, 0.5),
        "p99": quantile(latencies, 0.99),
    }
