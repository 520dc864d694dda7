# An echo server that registers at an announce door, written from docs/front-doors.md.
# Run: announce.py <announce port>
import socket, sys, threading

HOST = "127.0.0.1"


def echo(port):
    try:
        with socket.create_connection((HOST, port)) as client:
            while data := client.recv(65536):
                client.sendall(data)
            client.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # the client has left


control = socket.create_connection((HOST, int(sys.argv[1])))
for line in control.makefile("r", encoding="ascii"):
    if line.startswith("established relay address port:"):
        print(line.rstrip(), flush=True)
    else:
        threading.Thread(target=echo, args=(int(line),), daemon=True).start()
