# An echo server behind a pool, written from docs/front-doors.md.
# Run: pool.py <relay port> <connections>
import socket, sys, threading, time

RELAY = ("127.0.0.1", int(sys.argv[1]))


def keep():
    while not serve():
        time.sleep(5)


def serve():
    """Whether the connection was used: then it has been replaced."""
    used = False
    try:
        with socket.create_connection(RELAY) as client:
            while data := client.recv(65536):
                if not used:
                    used = True
                    threading.Thread(target=keep).start()
                client.sendall(data)
            client.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # the client has left, or the relay
    return used


for _ in range(int(sys.argv[2])):
    threading.Thread(target=keep).start()
