import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { emptyFolder } from './folder.ts';
import { Program } from './program.ts';

/** Node has no datagrams on unix sockets. Prints each as a line of JSON. */
const LISTENER = `
import json, socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
name = sys.argv[1]
listener.bind("\\0" + name[1:] if name[0] == "@" else name)
print("listening", flush=True)
while True:
    print(json.dumps(listener.recv(65536).decode().split("\\n")), flush=True)
`;

/** Somebody who listens at `NOTIFY_SOCKET`, as systemd does. */
export interface FakeServiceManager {
  path: string;
  /** The fields of the `nth` message that has one like this. */
  heard(field: RegExp, nth?: number): Promise<string[]>;
  /** All messages so far. */
  messages(): string[][];
}

/** @param path - in place of one in a folder of its own */
export async function fakeServiceManager(
  t: TestContext,
  path?: string,
): Promise<FakeServiceManager> {
  const at = path ?? join(await emptyFolder(t), 'notify');
  const listener = new Program(t, 'python3', ['-c', LISTENER, at]);
  await listener.line(/^listening$/);
  return {
    path: at,
    async heard(field, nth) {
      const [message] = await listener.line(new RegExp(`^\\[.*"${field.source}.*$`), nth);
      return JSON.parse(message) as string[];
    },
    messages: () => listener.lines.slice(1).map((line) => JSON.parse(line) as string[]),
  };
}
