import { setMaxListeners } from 'node:events';
import { setInterval } from 'node:timers';
import { setTimeout as delay } from 'node:timers/promises';
import { type DoorName, RecordFile, type Rotation, type Visit } from '../records.ts';
import { Balancer } from './balancer.ts';
import { answerCalls } from './calls.ts';
import { NOBODY_LISTENS, visit } from './visit.ts';

/** The process of all clients. */

const DOORS: DoorName[] = ['tls', 'http', 'names'];

/** Milliseconds between two requests, and for which a stream of the steady traffic lasts at most. */
const REQUEST_EVERY = 40;
const STREAM_LASTS = 4000;

/** Streams of the steady traffic at one time. */
const STREAMS = 12;

/** Milliseconds between two looks of one that searches, and how many do at one time. */
const SEARCH_EVERY = 250;
const SEARCHERS = 200;

/** Clients at one time where each asks but once. */
const ASKERS = 40;

export interface Setting {
  nodes: string[];
  names: string[];
  ca: string;
}

export interface Search {
  names: string[];
  nodes: string[];
  /** Milliseconds for all. */
  patience: number;
}

let setting: Setting;
let visits: RecordFile<Visit>;
let balancer: Balancer;
let seeds = 0;
const traffic = new AbortController();
const held = new AbortController();
const underWay = new Set<Promise<unknown>>();
const holding = new Set<Promise<Visit>>();
setMaxListeners(0, held.signal);

export const commands = {
  /** Begins the steady traffic. */
  begin(given: Setting): void {
    setting = given;
    visits = new RecordFile('visits');
    const rotations = new RecordFile<Rotation>('rotations');
    balancer = new Balancer(setting.nodes, (rotation) => rotations.add(rotation));
    const requests = setInterval(() => follow(comeBy('request')), REQUEST_EVERY);
    traffic.signal.addEventListener('abort', () => clearInterval(requests));
    for (let n = 0; n < STREAMS; n += 1) follow(streamOnAndOn());
  },

  /** Begins streams that last until they are let go, one for each of these names, by all nodes and doors. */
  hold(names: string[]): void {
    names.forEach((name, n) => {
      holding.add(come('stream', pick(setting.nodes, n), name, held.signal));
    });
  },

  /** Ends those, and tells what became of them. */
  async letGo(): Promise<Visit[]> {
    held.abort();
    return Promise.all(holding);
  },

  /** Asks for each name until somebody answers: after how many milliseconds that was. */
  async search({ names, nodes, patience }: Search): Promise<Record<string, number>> {
    const began = Date.now();
    const found: Record<string, number> = {};
    const left = [...names];
    const searcher = async () => {
      for (let name = left.shift(); name !== undefined; name = left.shift()) {
        const asked = Date.now();
        const { outcome, end } = await come('search', any(nodes), name);
        if (outcome === 'answered') {
          found[name] = end - began;
        } else if (Date.now() - began > patience) {
          throw new Error(`${name} is not served, but ${outcome}`);
        } else {
          left.push(name);
          await delay(asked + SEARCH_EVERY - Date.now());
        }
      }
    };
    await Promise.all(Array.from({ length: SEARCHERS }, searcher));
    return found;
  },

  /** Asks every node for every name, once. */
  async askAll(names: string[]): Promise<void> {
    const left = setting.nodes.flatMap((node) => names.map((name) => ({ node, name })));
    const asker = async () => {
      for (let next = left.shift(); next; next = left.shift()) {
        await come('request', next.node, next.name);
      }
    };
    await Promise.all(Array.from({ length: ASKERS }, asker));
  },

  /** Resolves when clients go to all of these nodes. */
  async inRotation({ nodes, patience }: Omit<Search, 'names'>): Promise<void> {
    const late = new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error(`clients go to ${balancer.nodes} only`)), patience).unref();
    });
    await Promise.race([balancer.has(nodes), late]);
  },

  /** Ends the steady traffic. */
  async end(): Promise<void> {
    traffic.abort();
    while (underWay.size > 0) await Promise.all(underWay);
    balancer.close();
  },
};

/** One of the steady traffic: like anybody who knows several addresses, it goes on where nobody listens. */
async function comeBy(kind: Visit['kind'], over?: AbortSignal): Promise<void> {
  const name = any(setting.names);
  for (const node of shuffled(balancer.nodes)) {
    const { outcome } = await come(kind, node, name, over);
    if (outcome !== NOBODY_LISTENS) return;
  }
}

async function come(
  kind: Visit['kind'],
  node: string,
  name: string,
  over?: AbortSignal,
): Promise<Visit> {
  const door = any(DOORS);
  seeds += 1;
  const stream = over && { seed: seeds, over };
  const way = { kind, node, door, name };
  const record = await visit(way, { ca: setting.ca }, stream);
  visits.add(record);
  return record;
}

async function streamOnAndOn(): Promise<void> {
  while (!traffic.signal.aborted) {
    const lasts = Math.round(STREAM_LASTS * Math.random());
    await comeBy('stream', AbortSignal.timeout(lasts));
  }
}

function follow(work: Promise<unknown>): void {
  const done = work.finally(() => underWay.delete(done));
  underWay.add(done);
}

function shuffled<T>(all: readonly T[]): T[] {
  return all.toSorted(() => Math.random() - 0.5);
}

function any<T>(all: readonly T[]): T {
  return pick(all, Math.floor(Math.random() * all.length));
}

function pick<T>(all: readonly T[], n: number): T {
  const one = all[n % all.length];
  if (one === undefined) throw new Error('there is none');
  return one;
}

answerCalls(commands);
