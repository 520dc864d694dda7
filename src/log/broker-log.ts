import { performance } from 'node:perf_hooks';
import type { Broker } from '../broker/broker.ts';
import type {
  RegistrationEnding,
  RegistrationInfo,
  RegistrationRefusal,
} from '../broker/events.ts';
import type {
  BackConnectRefusal,
  ClientRefusal,
  ConnectionRecord,
} from '../data-plane/data-plane.ts';
import { escaped, printable } from '../protocol/printable.ts';
import { logDataPlane } from './data-plane-log.ts';
import { describeTraffic } from './describe.ts';
import type { Log } from './log.ts';
import { Throttle } from './throttle.ts';

const REGISTRATION_ENDINGS: Record<RegistrationEnding, string> = {
  closed: 'the server closed its control connection',
  lost: 'the control connection failed',
  silent: 'the server no longer answers notifications',
  'not-reading': 'the server does not read its notifications',
  junk: 'the server sent something, which the basic protocol has no place for',
  shutdown: 'the broker is shutting down',
};

const REGISTRATION_REFUSALS: Record<RegistrationRefusal, string> = {
  full: 'too many registrations; --max-registrations raises the limit',
  descriptors: 'out of file descriptors; raise the limit (ulimit -n)',
  ports: 'no client port is free; widen --ports',
  listen: 'its listeners could not be opened',
  'hello-unknown': 'its first line is none that this relay knows',
  'line-too-long': 'its first line is too long',
  'hello-timeout': 'its first line did not end in time',
};

const CLIENT_REFUSALS: Record<ClientRefusal | BackConnectRefusal, string> = {
  limit: 'client refused: too many clients; --max-clients raises the limit',
  waiting: 'client refused: too many clients wait for the server',
  'address-limit': 'client refused: too many clients from its address',
  rate: 'client refused: too many new clients of late',
  denied: 'client refused: not from an address that may connect',
  parked: 'client refused: the service is down',
  descriptors: 'client refused: out of file descriptors; raise the limit (ulimit -n)',
  address: "back-connect refused: not from the server's address; --back-connect-from any allows it",
  'no-client': 'back-connect closed: no client waits for it any more',
  ticket: 'back-connect closed: its ticket is good for no client that waits',
  hello: 'back-connect closed: no proper first line came in time',
  'pushed-out': 'back-connect closed before its first line came: too many newer ones did',
  spare: 'spare back-connect closed: one too many, or it ended or sent something too early',
};

type ThrottledFields = Record<string, unknown> & { registration?: number };

/** Writes what a broker reports into a log, single connections only where something is wrong. */
export function logBroker(broker: Broker, log: Log, advertise: string | undefined): void {
  const ofBroker = new Throttle();
  /** One for each registration, so that a flood at one does not hide what happens at another. */
  const ofRegistration = new Map<number, Throttle>();
  /** For what a stranger can cause at will. */
  const throttled = (cause: string, sentence: string, fields: ThrottledFields) => {
    const throttle = ofRegistration.get(fields.registration ?? 0) ?? ofBroker;
    const held = throttle.pass(cause, performance.now());
    if (held === undefined) return;
    log('warn', held > 0 ? `${sentence} (${held} more like this before)` : sentence, fields);
  };

  logDataPlane(broker, log);
  broker.on('listening', ({ host, port }) => {
    log('info', `Control connections on port ${port}`, { event: 'listening', host, port });
  });
  broker.on('registered', (registration) => {
    const { id, clientPort, backConnectPort, address } = registration;
    ofRegistration.set(id, new Throttle());
    const where = advertise === undefined ? '' : ` (${advertise}:${clientPort})`;
    log('info', `Serving relay requests on port ${clientPort}${where}`, {
      event: 'registered',
      ...registration,
      ...(advertise === undefined ? {} : { host: advertise }),
    });
    log('debug', `Port ${clientPort}: for ${address}, back-connects on port ${backConnectPort}`);
  });
  broker.on('ended', ({ id, clientPort }, ending, counters) => {
    ofRegistration.delete(id);
    const running = counters.paired > 0 ? `; ${counters.paired} connections run on` : '';
    const why = REGISTRATION_ENDINGS[ending];
    const level = ending === 'closed' || ending === 'shutdown' ? 'info' : 'warn';
    log(level, `Port ${clientPort} closed: ${why}${running}`, {
      event: 'ended',
      registration: id,
      ending,
      counters,
    });
  });
  broker.on('refused', (address, cause, detail) => {
    const sent = detail === '' ? '' : ` (${printable(detail)})`;
    throttled(
      `registration ${cause}`,
      `Control connection from ${address} refused: ${REGISTRATION_REFUSALS[cause]}${sent}`,
      { event: 'refused', address, cause, detail: escaped(detail) },
    );
  });
  broker.on('clientEnded', ({ id, clientPort }, record) => {
    if (record.ending !== 'unfetched') return;
    throttled('unfetched', describeEnd(clientPort, record), clientEnded(id, record));
  });
  const refused =
    (event: 'clientRefused' | 'backConnectRefused') =>
    (
      { id, clientPort }: RegistrationInfo,
      cause: ClientRefusal | BackConnectRefusal,
      address: string,
    ) => {
      const sentence = `Port ${clientPort}: ${CLIENT_REFUSALS[cause]} (${address})`;
      throttled(cause, sentence, { event, registration: id, cause, address });
    };
  broker.on('clientRefused', refused('clientRefused'));
  broker.on('backConnectRefused', refused('backConnectRefused'));
  broker.on('draining', (connections) => {
    log('info', `Shutting down; ${connections} relayed connections may finish`, {
      event: 'draining',
      connections,
    });
  });
}

/** Writes every connection into a log, apart from the above since even putting it into words costs time. */
export function logConnections(broker: Broker, log: Log): void {
  broker.on('clientWaiting', ({ id, clientPort }, client) => {
    log('debug', `Port ${clientPort}: client ${client.id} arrived from ${client.address}`, {
      event: 'clientWaiting',
      registration: id,
      ...client,
    });
  });
  broker.on('clientEnded', ({ id, clientPort }, record) => {
    log('debug', describeEnd(clientPort, record), clientEnded(id, record));
  });
}

function describeEnd(clientPort: number, record: ConnectionRecord): string {
  return `Port ${clientPort}: client ${record.id} ended, ${describeTraffic(record)}`;
}

function clientEnded(registration: number, record: ConnectionRecord): ThrottledFields {
  return { event: 'clientEnded', registration, ...record };
}
