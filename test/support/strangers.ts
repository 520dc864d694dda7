import { connect } from 'node:net';

/**
 * Floods a port with connections: most say nothing and stay until they are closed,
 * the others present a ticket that nobody has. It says when a thousand have come, and on
 * SIGTERM, as it ends, how many bytes they got.
 *
 * Usage: strangers.ts <port>
 */
const port = Number(process.argv[2]);

/** At a time: more than a broker lets stay without a first line. */
const MANY = 600;

const WRONG = '[TICKET] {"registration":1,"ticket":"0123456789abcdef"}\n';

let count = 0;
let stolen = 0;

function knock(): void {
  count += 1;
  if (count === 1000) process.stdout.write('1000 strangers came\n');
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('data', ({ length }) => {
    stolen += length;
  });
  socket.on('error', () => {});
  socket.on('close', () => setImmediate(knock));
  if (count % 4 === 0) socket.write(WRONG);
}

process.on('SIGTERM', () => {
  process.stdout.write(`they got ${stolen} bytes\n`, () => process.exit());
});
for (let n = 0; n < MANY; n += 1) knock();
process.stdout.write('flooding\n');
