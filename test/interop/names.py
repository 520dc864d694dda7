# An echo server that parks connections under a name, written from docs/front-doors.md with nothing of this project.
# Run: names.py <server port> <name> <connections> [address]
import contextlib, socket, sys, threading

port, name, connections, *rest = sys.argv[1:]
host = rest[0] if rest else "127.0.0.1"


def line(peer):
    said = b""
    while not said.endswith(b"\n"):
        octet = peer.recv(1)
        if not octet:
            raise ConnectionError(f"ended after {said!r}")
        said += octet
    return said


def serve(peer):
    # A client that has left shows as a reset.
    with contextlib.suppress(OSError), peer:
        while data := peer.recv(65536):
            peer.sendall(data)
        peer.shutdown(socket.SHUT_WR)


def park():
    while True:
        peer = socket.create_connection((host, int(port)))
        assert line(peer) == b"SERVER\n"
        peer.sendall(b"connect\n" + name.encode() + b"\n")
        assert line(peer) == b"CONNECTED\n"
        threading.Thread(target=serve, args=(peer,)).start()


for _ in range(int(connections)):
    threading.Thread(target=park).start()
