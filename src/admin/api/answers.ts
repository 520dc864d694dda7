import * as v from 'valibot';

/**
 * What the API answers with: what {@link OperatedBroker} tells, as JSON. The types of the answers
 * and their OpenAPI description come from here.
 */

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const port = v.pipe(count, v.maxValue(65535));
const milliseconds = v.pipe(v.number(), v.minValue(0));
const time = v.pipe(v.string(), v.isoTimestamp());
const countsByCause = v.record(v.string(), count);

export const counters = v.object({
  waiting: v.pipe(count, v.description('Clients that wait for the server')),
  paired: v.pipe(count, v.description('Clients that are joined with it')),
  spares: v.pipe(count, v.description('Back-connects that wait for a client')),
  ended: v.pipe(countsByCause, v.description('Clients whose connection is over, by how it ended')),
  refused: v.pipe(
    countsByCause,
    v.description('Clients and back-connects that were turned away, by why'),
  ),
  bytesToServer: count,
  bytesToClient: count,
});

export const registration = v.object({
  info: v.object({
    id: count,
    protocol: v.string(),
    address: v.pipe(v.string(), v.description('Where its agent connected from')),
    clientPort: v.pipe(port, v.description('0 where clients reach it by name only')),
    backConnectPort: port,
    name: v.optional(v.string()),
    group: v.optional(v.pipe(v.boolean(), v.description('Whether it shares its name and port'))),
    token: v.optional(v.pipe(v.string(), v.description('Name of the token it was made with'))),
    secured: v.pipe(v.boolean(), v.description('Whether its agent speaks TLS')),
    node: v.optional(v.pipe(v.string(), v.description('The broker of a fleet that has it'))),
    generation: v.optional(
      v.pipe(count, v.description('Of its claim in a fleet: a later one has a larger one')),
    ),
  }),
  state: v.picklist(['live', 'parked', 'held', 'draining']),
  since: v.pipe(time, v.description('When it was made')),
  leaseEnds: v.optional(
    v.pipe(time, v.description('When one that is held ends, unless its agent comes back')),
  ),
  host: v.optional(v.pipe(v.string(), v.description('Public name of the broker'))),
  hostName: v.optional(
    v.pipe(v.string(), v.description('What it is called at the doors for HTTPS and HTTP')),
  ),
  counters,
});

export const registrations = v.array(registration);

export const connection = v.object({
  id: count,
  state: v.picklist(['waiting', 'paired']),
  clientAddress: v.string(),
  sourcePort: port,
  bytesToServer: count,
  bytesToClient: count,
  waited: v.pipe(milliseconds, v.description('Milliseconds until it was paired, or so far')),
  lasted: v.pipe(milliseconds, v.description('Milliseconds since it came')),
});

export const connections = v.array(connection);

export const forwardedConnections = v.array(
  v.object({
    ...v.omit(connection, ['state']).entries,
    name: v.pipe(v.string(), v.description('That the client asked for')),
    member: v.pipe(v.string(), v.description('The broker that serves it')),
  }),
);

export const status = v.object({
  version: v.string(),
  state: v.picklist(['serving', 'draining']),
  started: time,
  at: v.object({ host: v.string(), port }),
  doors: v.array(v.object({ name: v.string(), host: v.string(), port })),
  dataPlane: v.object({ name: v.string(), threads: count }),
  registrations: v.object({ live: count, parked: count, held: count, draining: count }),
  counters: v.pipe(counters, v.description('Since the start, ended registrations included')),
  refused: v.pipe(countsByCause, v.description('Control connections turned away, by why')),
  doorRefused: v.array(v.object({ door: v.string(), cause: v.string(), count })),
  authenticationFailures: v.pipe(count, v.description('Wrong proofs of tokens')),
  descriptors: v.object({ used: count, most: count }),
});

const forwarded = v.object({
  now: v.pipe(count, v.description('Clients that came here and another broker serves')),
  total: v.pipe(count, v.description('Since the start')),
  bytesToServer: count,
  bytesToClient: count,
  failures: v.pipe(countsByCause, v.description('Tries that failed, by why')),
});

export const fleet = v.object({
  cluster: v.pipe(v.string(), v.description('What the fleet is called')),
  node: v.pipe(v.string(), v.description('The broker that is asked, as the others call it')),
  directory: v.object({
    reachable: v.pipe(v.boolean(), v.description('Whether names and leases can be claimed')),
    since: time,
  }),
  tenure: v.object({
    held: v.pipe(v.boolean(), v.description('Whether this broker may serve what it has claimed')),
    since: time,
  }),
  members: v.array(
    v.object({
      name: v.pipe(v.string(), v.description('Where agents reach it')),
      state: v.picklist(['live', 'draining', 'silent', 'gone']),
      self: v.pipe(v.boolean(), v.description('Whether it is the one that is asked')),
      load: v.object({ registrations: count, connections: count }),
      dialled: v.pipe(v.boolean(), v.description('Whether this broker has a connection to it')),
    }),
  ),
  names: v.pipe(
    v.object({ here: count, elsewhere: count }),
    v.description('How many are at this broker, and how many at others'),
  ),
  claims: v.object({ made: count, refused: countsByCause, lost: count }),
  forwarded,
  waiting: v.pipe(count, v.description('Clients that wait here for a name that moves')),
});

/** What of a list of names is asked for. */
export const namesQuery = v.strictObject({
  contains: v.optional(
    v.pipe(
      v.string(),
      v.maxLength(255),
      v.description('Words that are all in the name, its offer or the broker that has it'),
    ),
    '',
  ),
  after: v.optional(
    v.pipe(v.string(), v.maxLength(255), v.description('The name that the list begins behind')),
    '',
  ),
  limit: v.optional(
    v.pipe(
      v.string(),
      v.transform(Number),
      v.number('expected 1 to 1000'),
      v.integer('expected 1 to 1000'),
      v.minValue(1, 'expected 1 to 1000'),
      v.maxValue(1000, 'expected 1 to 1000'),
      v.description('How many at most; 100 if left out'),
    ),
  ),
});

export const fleetNames = v.object({
  total: v.pipe(count, v.description('How many names the fleet has')),
  found: v.pipe(count, v.description('How many of them were asked for, wherever the list begins')),
  names: v.array(
    v.object({
      name: v.string(),
      member: v.pipe(v.string(), v.description('The broker that has it')),
      offer: v.pipe(
        v.picklist(['open', 'away', 'moving']),
        v.description(
          'open: clients are served; away: nobody is there to serve them; moving: they wait for another broker to have it',
        ),
      ),
      generation: v.pipe(count, v.description('Of two claims of one name, the later has more')),
    }),
  ),
});

export const moment = v.object({
  at: v.pipe(milliseconds, v.description("Milliseconds since 1970, by the broker's clock")),
  bytesToServer: v.pipe(count, v.description('Since the start')),
  bytesToClient: v.pipe(count, v.description('Since the start')),
  paired: count,
  waiting: count,
});

export const past = v.array(moment);

export const drain = v.strictObject({
  deadline: v.optional(
    v.pipe(
      v.number(),
      v.minValue(0),
      v.maxValue(2_147_483),
      v.description(
        "Seconds that relayed connections get to finish; the broker's --drain if left out",
      ),
    ),
  ),
});

export const draining = v.object({
  connections: v.pipe(count, v.description('Relayed connections that may finish')),
});

export const failure = v.object({
  error: v.object({
    code: v.pipe(v.string(), v.description('For programs')),
    message: v.pipe(v.string(), v.description('For people: what happened, and what to do')),
  }),
});

export const snapshot = v.object({
  at: v.pipe(milliseconds, v.description("Milliseconds since 1970, by the broker's clock")),
  status,
  registrations,
  fleet: v.optional(fleet),
});

/** In the stream of events: the newest of a registration's connections. */
export const connectionsEvent = v.object({
  registration: count,
  total: v.pipe(count, v.description('How many there are')),
  connections,
});

export type StatusAnswer = v.InferOutput<typeof status>;
export type RegistrationAnswer = v.InferOutput<typeof registration>;
export type ConnectionAnswer = v.InferOutput<typeof connection>;
export type ForwardedConnectionsAnswer = v.InferOutput<typeof forwardedConnections>;
export type ConnectionsEvent = v.InferOutput<typeof connectionsEvent>;
export type FleetAnswer = v.InferOutput<typeof fleet>;
export type FleetNamesAnswer = v.InferOutput<typeof fleetNames>;
export type NamesQuery = v.InferOutput<typeof namesQuery>;
export type MomentAnswer = v.InferOutput<typeof moment>;
export type FailureAnswer = v.InferOutput<typeof failure>;
export type SnapshotAnswer = v.InferOutput<typeof snapshot>;
