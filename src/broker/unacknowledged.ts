import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { plainAddress } from '../data-plane/address.ts';

/**
 * Whether the peer's system has left bytes of this connection unacknowledged.
 *
 * TCP keepalive sends no probe while data is in flight, so a peer that vanished
 * with a notification on its way shows only after some 15 minutes of
 * retransmission (tcp(7), tcp_retries2). Linux lists the queue of every
 * connection in /proc/net/tcp (proc(5)); elsewhere the answer is always no.
 */
export async function hasUnacknowledged(socket: Socket): Promise<boolean> {
  const { localPort = 0, remoteAddress = '', remotePort = 0 } = socket;
  const remote = plainAddress(remoteAddress);
  const rows = [...(await table('/proc/net/tcp')), ...(await table('/proc/net/tcp6'))];
  return rows.some(
    (row) =>
      row.localPort === localPort &&
      row.remotePort === remotePort &&
      row.unacknowledged > 0 &&
      row.remoteAddress.endsWith(addressInTable(remote)),
  );
}

interface Row {
  localPort: number;
  remoteAddress: string;
  remotePort: number;
  unacknowledged: number;
}

async function table(file: string): Promise<Row[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').slice(1, -1).map(parseRow);
}

/** `sl local:port remote:port state tx_queue:rx_queue …`, all in hexadecimal. */
function parseRow(line: string): Row {
  const [, local = '', remote = '', , queues = ''] = line.trim().split(/\s+/);
  const [remoteAddress = '', remotePort = ''] = remote.split(':');
  return {
    localPort: Number.parseInt(local.split(':')[1] ?? '', 16),
    remoteAddress,
    remotePort: Number.parseInt(remotePort, 16),
    unacknowledged: Number.parseInt(queues.split(':')[0] ?? '', 16),
  };
}

/**
 * An IPv4 address as the kernel prints it: one 32-bit word in the byte order of
 * the machine, also at the end of a mapped one. For IPv6 the two ports have to
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
