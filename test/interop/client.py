# Clients of an echo server, all at once: each half-closes behind what it sends, and wants it back.
# Run: client.py <port> <clients> [name]. With a name, the port is one where clients ask for it.
import os, socket, sys, threading, time

port, count = int(sys.argv[1]), int(sys.argv[2])
name = sys.argv[3] if len(sys.argv) > 3 else None
right = []


def connect():
    server = socket.create_connection(("127.0.0.1", port))
    return server if name is None else join(server)


def join(server):
    while True:
        assert server.makefile("rb", 0).readline() == b"CLIENT\n"
        server.sendall(name.encode() + b"\n")
        answer = server.makefile("rb", 0).readline()
        if answer == b"CONNECTED\n":
            return server
        assert answer in (b"NOEXIST\n", b"OFFLINE\n"), answer
        server.close()
        time.sleep(0.01)  # its service may be about to come
        server = socket.create_connection(("127.0.0.1", port))


def visit():
    sent, got = os.urandom(100_000), b""
    with connect() as server:

        def say():
            server.sendall(sent)
            server.shutdown(socket.SHUT_WR)

        threading.Thread(target=say).start()
        while data := server.recv(65536):
            got += data
    if got == sent:
        right.append(port)


clients = [threading.Thread(target=visit) for _ in range(count)]
for client in clients:
    client.start()
for client in clients:
    client.join()
print(f"{len(right)} of {count} got their own bytes back")
