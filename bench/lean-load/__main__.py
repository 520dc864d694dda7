"""The load generator of bench/load over again, for fewer cycles: see bench/README.md.

Runs the commands that come as lines of JSON on stdin, one at a time, beside the traffic they started.
"""

import gc
import json
import sys

from churn import churn
from hold import hold, holding
from ping import ping
from traffic import Traffic

traffic = Traffic()
commands = {
    "serve": traffic.serve,
    "stream": traffic.stream,
    "received": traffic.received,
    "churn": churn,
    "ping": ping,
    "hold": hold,
    "holding": holding,
}


def run(line):
    request = json.loads(line)
    try:
        answer = {"result": commands[request["name"]](**request["args"])}
    except Exception as error:
        answer = {"error": repr(error)}
    print(json.dumps(answer), flush=True)


# Nothing here leaves cycles behind, and a collection would show in the latencies.
gc.disable()


def command(_):
    line = sys.stdin.readline()
    if not line:
        sys.exit()
    run(line)


traffic.watch(sys.stdin.fileno(), command)
traffic.run()
