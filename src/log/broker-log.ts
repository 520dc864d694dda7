import { performance } from 'node:perf_hooks';
import type { Broker } from '../broker/broker.ts';
import type { RegistrationInfo } from '../broker/events.ts';
import type { ForwardRecord } from '../broker/fleet/status.ts';
import type {
  BackConnectRefusal,
  ClientRefusal,
  ConnectionRecord,
} from '../data-plane/data-plane.ts';
import { escaped, printable } from '../protocol/printable.ts';
import {
  CLIENT_REFUSALS,
  DOOR_REFUSALS,
  INTERRUPTIONS,
  ORDINARY,
  REGISTRATION_ENDINGS,
  REGISTRATION_REFUSALS,
} from './broker-words.ts';
import { forwardedRecord, wholeRecord } from './connection-record.ts';
import { logDataPlane } from './data-plane-log.ts';
import { describeTraffic, type Place, placeOf } from './describe.ts';
import { logEnding } from './ending-log.ts';
import { logFleet } from './fleet-log.ts';
import type { Level, Log } from './log.ts';
import { Throttle } from './throttle.ts';

type ThrottledFields = Record<string, unknown> & { registration?: number };

/** Writes what a broker reports into a log, single connections only where something is wrong. */
export function logBroker(broker: Broker, log: Log, advertise: string | undefined): void {
  const ofBroker = new Throttle();
  /** One for each registration, so that a flood at one does not hide what happens at another. */
  const ofRegistration = new Map<number, Throttle>();
  /** For what a stranger or an agent can cause at will. */
  const throttled = (
    cause: string,
    sentence: string,
    fields: ThrottledFields,
    level: Level = 'warn',
  ) => {
    const throttle = ofRegistration.get(fields.registration ?? 0) ?? ofBroker;
    const held = throttle.pass(cause, performance.now());
    if (held === undefined) return;
    log(level, held > 0 ? `${sentence} (${held} more like this before)` : sentence, fields);
  };

  logDataPlane(broker, log);
  broker.on('listening', ({ host, port }) => {
    log('info', `Control connections on port ${port}`, { event: 'listening', host, port });
  });
  broker.on('doorOpened', (door, { host, port }) => {
    log('info', `Front door ${door} on port ${port}`, { event: 'doorOpened', door, host, port });
  });
  broker.on('doorRefused', (door, address, cause, detail) => {
    const sent = detail === '' ? '' : ` (${printable(detail)})`;
    const words = { ...REGISTRATION_REFUSALS, ...DOOR_REFUSALS };
    throttled(
      `${door} ${cause}`,
      `Front door ${door}: ${address} refused: ${words[cause] ?? cause}${sent}`,
      { event: 'doorRefused', door, address, cause, detail: escaped(detail) },
    );
  });
  broker.on('registered', (registration) => {
    const { id, clientPort, backConnectPort, name, group, address } = registration;
    ofRegistration.set(id, new Throttle());
    const port = clientPort === 0 ? [] : [`on port ${clientPort}`];
    const named = name === undefined ? [] : [`for the name ${printable(name)}`];
    const grouped = group ? ['as one of a group'] : [];
    const where = advertise && clientPort ? ` (${advertise}:${clientPort})` : '';
    log('info', `Serving relay requests ${[...port, ...named, ...grouped].join(', ')}${where}`, {
      event: 'registered',
      ...registration,
      ...(name === undefined ? {} : { name: escaped(name) }),
      ...(advertise === undefined ? {} : { host: advertise }),
    });
    const fetched = backConnectPort === 0 ? '' : `, back-connects on port ${backConnectPort}`;
    log('debug', `${placeOf(registration)}: for ${address}${fetched}`);
  });
  broker.on('restored', ({ id, ...at }) => {
    ofRegistration.set(id, new Throttle());
    log('info', `${placeOf(at)} open again for the agent that has its lease`, {
      event: 'restored',
      registration: id,
      ...at,
    });
  });
  broker.on('leaseLost', (clientPort, reason) => {
    log(
      'warn',
      `Port ${clientPort} could not be kept for the agent that has its lease: ${reason}`,
      {
        event: 'leaseLost',
        clientPort,
        reason,
      },
    );
  });
  broker.on('held', ({ id, ...at }, interruption, lease) => {
    const why = INTERRUPTIONS[interruption];
    const fields = { event: 'held', registration: id, interruption, lease };
    throttled('held', `${placeOf(at)} held for ${lease} s: ${why}`, fields, 'info');
  });
  broker.on('resumed', ({ id, address, ...at }) => {
    const fields = { event: 'resumed', registration: id, address };
    throttled('resumed', `${placeOf(at)} resumed by ${address}`, fields, 'info');
  });
  broker.on('ended', ({ id, ...at }, ending, counters) => {
    ofRegistration.delete(id);
    const running = counters.paired > 0 ? `; ${counters.paired} connections run on` : '';
    const why = REGISTRATION_ENDINGS[ending];
    const level = ORDINARY.includes(ending) ? 'info' : 'warn';
    log(level, `${placeOf(at)} closed: ${why}${running}`, {
      event: 'ended',
      registration: id,
      ending,
      counters,
    });
  });
  broker.on('keyShared', ({ id, ...at }, address) => {
    throttled(
      'keyShared',
      `${placeOf(at)}: two agents use one key, one from ${address}; give each a state file of its own`,
      { event: 'keyShared', registration: id, address },
    );
  });
  broker.on('parked', ({ id, ...at }, reason) => {
    throttled('parked', `${placeOf(at)} parked: the service is down (${printable(reason)})`, {
      event: 'parked',
      registration: id,
      reason: escaped(reason),
    });
  });
  broker.on('unparked', ({ id, ...at }) => {
    const fields = { event: 'unparked', registration: id };
    throttled('unparked', `${placeOf(at)}: the service is back`, fields, 'info');
  });
  broker.on('targetFailed', ({ id, ...at }, reason, count) => {
    throttled(
      `target ${reason}`,
      `${placeOf(at)}: the agent cannot reach its service (${reason})`,
      { event: 'targetFailed', registration: id, reason, count },
    );
  });
  broker.on('authenticationFailed', (address, name, count) => {
    throttled(
      'authentication',
      `Control connection from ${address} refused: it has no token named ${printable(name)}`,
      { event: 'authenticationFailed', address, name: escaped(name), count },
    );
  });
  broker.on('refused', (address, cause, detail) => {
    const sent = detail === '' ? '' : ` (${printable(detail)})`;
    throttled(
      `registration ${cause}`,
      `Control connection from ${address} refused: ${REGISTRATION_REFUSALS[cause] ?? cause}${sent}`,
      { event: 'refused', address, cause, detail: escaped(detail) },
    );
  });
  broker.on('reloadFailed', ({ message }) => {
    log('warn', `${message} What was there before goes on.`, { event: 'reloadFailed', message });
  });
  broker.on('stateFailed', ({ message }) => {
    throttled('state', `${message} What changed since would be lost with this process.`, {
      event: 'stateFailed',
      message,
    });
  });
  broker.on('clientEnded', (registration, record) => {
    if (record.ending !== 'unfetched') return;
    throttled('unfetched', describeEnd(registration, record), {
      event: 'clientEnded',
      ...wholeRecord(registration, record),
    });
  });
  const refused =
    (event: 'clientRefused' | 'backConnectRefused') =>
    (
      { id, ...at }: RegistrationInfo,
      cause: ClientRefusal | BackConnectRefusal,
      address: string,
    ) => {
      const sentence = `${placeOf(at)}: ${CLIENT_REFUSALS[cause]} (${address})`;
      throttled(cause, sentence, { event, registration: id, cause, address });
    };
  broker.on('clientRefused', refused('clientRefused'));
  broker.on('backConnectRefused', refused('backConnectRefused'));
  logEnding(broker, log);
  logFleet(broker, log);
}

/** Writes every connection into a log, apart from the above since even putting it into words costs time. */
export function logConnections(broker: Broker, log: Log): void {
  broker.on('clientWaiting', ({ id, ...at }, client) => {
    log('debug', `${placeOf(at)}: client ${client.id} arrived from ${client.address}`, {
      event: 'clientWaiting',
      registration: id,
      ...client,
    });
  });
  broker.on('clientEnded', (registration, record) => {
    log('debug', describeEnd(registration, record), {
      event: 'clientEnded',
      ...wholeRecord(registration, record),
    });
  });
  broker.on('forwardEnded', (node, record) => {
    log('debug', describeForwardEnd(record), {
      event: 'forwardEnded',
      ...forwardedRecord(node, record),
    });
  });
}

function describeForwardEnd({ name, member, id, ...record }: ForwardRecord): string {
  return `Name ${printable(name)}: client ${id} at broker ${member} ended, ${describeTraffic(record)}`;
}

function describeEnd(at: Place, record: ConnectionRecord): string {
  return `${placeOf(at)}: client ${record.id} ended, ${describeTraffic(record)}`;
}
