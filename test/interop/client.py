# Clients of an echo server, all at once: each half-closes behind what it sends, and wants it back.
# Run: client.py <port> <clients>
import os, socket, sys, threading

port, count = int(sys.argv[1]), int(sys.argv[2])
right = []


def visit():
    sent, got = os.urandom(100_000), b""
    with socket.create_connection(("127.0.0.1", port)) as server:

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
