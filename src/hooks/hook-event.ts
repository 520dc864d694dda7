import type { Broker } from '../broker/broker.ts';
import type { Interruption, RegistrationEnding, RegistrationInfo } from '../broker/events.ts';
import { hostNameOf } from '../broker/registration/grant.ts';
import type { ArrivedClient, ExchangeCounters } from '../data-plane/data-plane.ts';
import { connectionAtEnd } from '../log/connection-record.ts';
import { escaped } from '../protocol/printable.ts';

/** Changes when a field changes its meaning or goes away; new ones may come at any time. */
const VERSION = 1;

/** What a hook is told besides of which registration, by the name of the event. */
interface Details {
  /** It has its port. `restored`: from the state file, its agent is still to come. */
  registered: { restored: boolean };
  /** Its agent is here, and clients can come. */
  ready: object;
  /** Its agent is gone; for `lease` seconds clients wait for it. */
  lost: { cause: Interruption; lease: number };
  /** Its agent is back. */
  resumed: object;
  /** Behind `registered`: its agent has come from another broker of the fleet, and keeps its lease. */
  adopted: { from: string };
  /** Its agent was sent to another broker of the fleet, which goes on with it and tells of it. */
  moved: { to: string };
  ended: { ending: RegistrationEnding; counters: ExchangeCounters };
  /** A client is joined with its service. */
  'client-connected': { connection: { id: number; clientAddress: string; sourcePort: number } };
  /** Whether it was ever joined or not. */
  'client-ended': { connection: ReturnType<typeof connectionAtEnd> };
}

export type HookEventName = keyof Details;

/** Plain data. */
export interface HookEvent {
  version: number;
  /** Counted from 1 on, those included that get lost on the way. */
  sequence: number;
  time: string;
  event: HookEventName;
  registration: object;
}

/** What the events say of where clients come to. */
export interface Place {
  advertise?: string | undefined;
  domain?: string | undefined;
}

/** Has a function called with each event of a broker. */
export function tellOf(broker: Broker, place: Place, told: (event: HookEvent) => void): void {
  let sequence = 0;
  const tell = <Name extends HookEventName>(
    name: Name,
    registration: RegistrationInfo,
    details: Details[Name],
  ) => {
    sequence += 1;
    const time = new Date().toISOString();
    const head = { version: VERSION, sequence, time, event: name };
    told({ ...head, registration: describe(registration, place), ...details });
  };
  broker.on('registered', (registration) => {
    tell('registered', registration, { restored: false });
    tell('ready', registration, {});
  });
  broker.on('restored', (registration) => tell('registered', registration, { restored: true }));
  broker.on('held', (registration, cause, lease) => tell('lost', registration, { cause, lease }));
  broker.on('resumed', (registration) => {
    tell('resumed', registration, {});
    tell('ready', registration, {});
  });
  broker.on('adopted', (registration, from) => tell('adopted', registration, { from }));
  broker.on('moved', (registration, to) => tell('moved', registration, { to }));
  broker.on('ended', (registration, ending, counters) => {
    // It goes on elsewhere, in a process which tells of it: whoever heard this last would take the port for closed.
    if (ending === 'moved') return;
    tell('ended', registration, { ending, counters });
  });
  broker.on('clientPaired', (registration, client) => {
    tell('client-connected', registration, { connection: onArrival(client) });
  });
  broker.on('clientEnded', (registration, record) => {
    tell('client-ended', registration, { connection: connectionAtEnd(record) });
  });
}

function describe(info: RegistrationInfo, { advertise, domain }: Place) {
  const { id, protocol, clientPort, name, group, token, address, secured, node, generation } = info;
  return {
    ...{ id, protocol, host: advertise, port: clientPort },
    // A stranger may have chosen it.
    name: name === undefined ? undefined : escaped(name),
    hostName: hostNameOf(name, domain),
    ...{ group, token, agentAddress: address, secured, node, generation },
  };
}

function onArrival({ id, address, port }: ArrivedClient) {
  return { id, clientAddress: address, sourcePort: port };
}
