import type * as v from 'valibot';
import * as answers from './answers.ts';
import type { Operation, Site } from './operation.ts';

const NO_FLEET = 'This broker is none of a fleet';

const CONNECTION_MISSING = 'There is no such connection';

const REGISTRATION_MISSING = 'There is no such registration';

export const operations: readonly Operation[] = [
  {
    id: 'getStatus',
    method: 'get',
    path: '/status',
    summary: 'The broker as a whole',
    success: { status: 200, description: 'How it stands', answer: answers.status },
    run: ({ status }) => status(),
  },
  {
    id: 'getPast',
    method: 'get',
    path: '/past',
    summary: 'The last five minutes',
    success: { status: 200, description: 'Each second, eldest first', answer: answers.past },
    run: ({ past }) => past(),
  },
  {
    id: 'getFleet',
    method: 'get',
    path: '/fleet',
    summary: 'The fleet of the broker, as it sees that',
    success: { status: 200, description: 'How it stands', answer: answers.fleet },
    missing: NO_FLEET,
    run: ({ fleet }) => fleet(),
  },
  {
    id: 'listFleetNames',
    method: 'get',
    path: '/fleet/names',
    summary: 'The names of its fleet, and where each lives',
    query: answers.namesQuery,
    success: { status: 200, description: 'In order, a part of them', answer: answers.fleetNames },
    missing: NO_FLEET,
    run: ({ fleetNames }, _, query) => fleetNames(query as answers.NamesQuery),
  },
  {
    id: 'listForwarded',
    method: 'get',
    path: '/fleet/connections',
    summary: 'Clients that came to this broker and that others of its fleet serve',
    success: { status: 200, description: 'As they are now', answer: answers.forwardedConnections },
    missing: NO_FLEET,
    run: ({ broker }) => broker.forwarded(),
  },
  {
    id: 'endForwarded',
    method: 'delete',
    path: '/fleet/connections/{connection}',
    summary: 'End one of these connections',
    success: { status: 204, description: 'Both its sides are reset' },
    missing: CONNECTION_MISSING,
    run: ({ broker }, [connection = 0]) => broker.endForwarded(connection),
  },
  {
    id: 'listRegistrations',
    method: 'get',
    path: '/registrations',
    summary: 'All registrations',
    success: { status: 200, description: 'By age, eldest first', answer: answers.registrations },
    run: ({ registrations }) => registrations(),
  },
  {
    id: 'listConnections',
    method: 'get',
    path: '/registrations/{registration}/connections',
    summary: 'The connections of a registration, waiting and relayed',
    success: { status: 200, description: 'As they are now', answer: answers.connections },
    missing: REGISTRATION_MISSING,
    run: ({ broker }, [registration = 0]) => broker.connections(registration),
  },
  {
    id: 'endConnection',
    method: 'delete',
    path: '/registrations/{registration}/connections/{connection}',
    summary: 'End a connection',
    success: { status: 204, description: 'Both its sides are reset' },
    missing: CONNECTION_MISSING,
    run: ({ broker }, [registration = 0, connection = 0]) =>
      broker.endConnection(registration, connection),
  },
  {
    id: 'endRegistration',
    method: 'delete',
    path: '/registrations/{registration}',
    summary:
      'End a registration; of one that is held, release the lease; of one that is draining, reset what it relays',
    success: { status: 204, description: 'Its ports are shut; relayed connections run on' },
    missing: REGISTRATION_MISSING,
    run: ({ broker }, [registration = 0]) => broker.endRegistration(registration),
  },
  {
    id: 'drain',
    method: 'post',
    path: '/drain',
    summary: 'Let nobody in any more, and end when relayed connections have',
    body: answers.drain,
    success: { status: 202, description: 'It has begun', answer: answers.draining },
    run: begin,
  },
];

function begin(
  { broker, drain }: Site,
  _: number[],
  body: unknown,
): v.InferOutput<typeof answers.draining> {
  const { deadline } = body as v.InferOutput<typeof answers.drain>;
  drain(deadline);
  return { connections: broker.status().counters.paired };
}
