import socket

# Below every listener's backlog, of which the smallest is 128.
AT_ONCE = 64

held = []


def hold(host, port, count):
    """Opens connections, takes one byte there and back over each and keeps them open."""
    for left in range(count, 0, -AT_ONCE):
        batch = [socket.create_connection((host, port)) for _ in range(min(left, AT_ONCE))]
        for connection in batch:
            connection.send(b"x")
        for connection in batch:
            if not connection.recv(1):
                raise ConnectionError("the relay hung up")
        held.extend(batch)


def holding():
    """How many of them are still open."""
    return sum(map(is_open, held))


def is_open(connection):
    try:
        return connection.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except ConnectionError:
        return False
