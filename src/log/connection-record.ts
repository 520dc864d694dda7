import type { RegistrationInfo } from '../broker/events.ts';
import type { ForwardRecord } from '../broker/fleet/status.ts';
import type { ConnectionRecord } from '../data-plane/data-plane.ts';
import { escaped } from '../protocol/printable.ts';

/** All that is known of a client's connection at its end, as fields for programs. */
export function wholeRecord(
  { id, protocol, name, clientPort, address, token, node, generation }: RegistrationInfo,
  record: ConnectionRecord,
) {
  return {
    registration: id,
    protocol,
    // A stranger may have chosen it.
    name: name === undefined ? undefined : escaped(name),
    clientPort,
    agentAddress: address,
    token,
    node,
    generation,
    ...connectionAtEnd(record),
  };
}

/** The same of one that another broker of the fleet served, which has a record of its own. */
export function forwardedRecord(node: string, { name, member, ...record }: ForwardRecord) {
  return { name: escaped(name), node, forwardedTo: member, ...connectionAtEnd(record) };
}

/** The same of the connection alone, to be called when it has just ended. */
export function connectionAtEnd(record: ConnectionRecord) {
  return { start: new Date(Date.now() - record.lasted).toISOString(), ...record };
}
