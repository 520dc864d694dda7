"""Runs a command on a terminal of its own: on-terminal.py <columns> <rows> <command> ...

What the command writes goes to stdout. Each line of stdin is JSON: {"type": text}, {"size": [columns, rows]}
or {"continue": true}, which has it go on once it is stopped. Ends with its exit code.
"""
import fcntl, json, os, pty, select, signal, struct, sys, termios


def resize(terminal, columns, rows):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", int(rows), int(columns), 0, 0))


pid, terminal = pty.fork()
if pid == 0:
    # The size has to be there before the command looks at it.
    resize(0, sys.argv[1], sys.argv[2])
    os.execvp(sys.argv[3], sys.argv[3:])

commands = b""
sources = [0, terminal]
while True:
    ready, _, _ = select.select(sources, [], [])
    if terminal in ready:
        try:
            output = os.read(terminal, 65536)
        except OSError:  # EIO: nobody has the other end any more
            output = b""
        if not output:
            break
        os.write(1, output)
    if 0 in ready:
        read = os.read(0, 65536)
        if not read:
            sources.remove(0)
        *lines, commands = (commands + read).split(b"\n")
        for line in map(json.loads, lines):
            if "type" in line:
                os.write(terminal, line["type"].encode())
            if "size" in line:
                resize(terminal, *line["size"])
            if "continue" in line:
                os.waitpid(pid, os.WUNTRACED)  # until it is stopped
                os.kill(pid, signal.SIGCONT)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
