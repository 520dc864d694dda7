import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { plainAddress } from '../../data-plane/address.ts';

/**
 * How often in a row the oldest bytes in flight on this connection were sent
 * again, without an answer from the peer's system. 0 while all is well.
 *
 * TCP keepalive sends no probe while data is in flight, so a peer that vanished
 * with a notification on its way shows only after some 15 minutes of
 * retransmission (tcp(7), tcp_retries2). Linux lists the count of every
 * connection in /proc/self/net/tcp (proc(5)); elsewhere the answer is always 0.
 */
export async function retransmissions(
  socket: Partial<Pick<Socket, 'localPort' | 'remoteAddress' | 'remotePort'>>,
): Promise<number> {
  const { localPort = 0, remoteAddress = '', remotePort = 0 } = socket;
  const remote = addressInTable(plainAddress(remoteAddress));
  const rows = [...(await table('/proc/self/net/tcp')), ...(await table('/proc/self/net/tcp6'))];
  const row = rows.find(
    (each) =>
      each.localPort === localPort &&
      each.remotePort === remotePort &&
      each.remoteAddress.endsWith(remote),
  );
  return row?.retransmissions ?? 0;
}

interface Row {
  localPort: number;
  remoteAddress: string;
  remotePort: number;
  retransmissions: number;
}

async function table(file: string): Promise<Row[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').slice(1, -1).map(parseRow);
}

/** `sl local:port remote:port state queues timer retransmissions …`, all in hexadecimal. */
function parseRow(line: string): Row {
  const [, local = '', remote = '', , , , retransmissions = ''] = line.trim().split(/\s+/);
  const [remoteAddress = '', remotePort = ''] = remote.split(':');
  return {
    localPort: Number.parseInt(local.split(':')[1] ?? '', 16),
    remoteAddress,
    remotePort: Number.parseInt(remotePort, 16),
    retransmissions: Number.parseInt(retransmissions, 16),
  };
}

/**
 * An IPv4 address as the kernel prints it on a little-endian machine: one word,
 * back to front, also at the end of a mapped one. For IPv6 the two ports have to
 * tell connections apart.
 */
function addressInTable(address: string): string {
  const octets = address.split('.');
  if (octets.length !== 4) return '';
  return octets
    .reverse()
    .map((octet) => Number(octet).toString(16).padStart(2, '0').toUpperCase())
    .join('');
}
