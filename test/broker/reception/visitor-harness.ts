import { EventEmitter, on } from 'node:events';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Host, VisitorPolicy } from '#src/broker/reception/host.ts';
import type { Refusal } from '#src/broker/reception/refusal.ts';
import { Visitor } from '#src/broker/reception/visitor.ts';
import { connection } from '../control-harness.ts';

/** A visitor under test, the other end of it, and what its host was told so far. */
export interface TestVisitor {
  visitor: Visitor;
  peer: Socket;
  /** `refused <cause> <detail>`, `denied <name>`, `basic`, `mux`, `register <request>`, `adopt <word> <rest>`, and `closed` once the descriptor is gone. */
  reports: string[];
  /** Resolves when there are so many reports. */
  reported(count: number): Promise<string[]>;
  /** Resolves with the reports once the descriptor is gone. */
  closed(): Promise<string[]>;
  /** Sends and resolves once the broker's side has read it. */
  send(data: string | Uint8Array): Promise<void>;
}

/** Lets everybody in, by plain connections only. */
const OPEN: VisitorPolicy = {
  helloWait: 1_000_000,
  tls: undefined,
  tlsRequired: false,
  tokenRequired: false,
  findToken: () => undefined,
  mux: { keepAlive: { interval: 60_000, deadline: 60_000 }, openDeadline: 60_000 },
};

/** The default hello window never ends within a test. With a refusal, nobody gets any further. */
export async function openVisitor(
  t: TestContext,
  policy: Partial<VisitorPolicy> = {},
  refusal?: Refusal,
): Promise<TestVisitor> {
  const { near, peer } = await connection(t);
  const reports: string[] = [];
  const events = new EventEmitter();
  const report = (...words: string[]) => {
    reports.push(words.join(' ').trim());
    events.emit('report');
  };
  const host: Host = {
    refused: (_, { cause, detail = '' }) => report('refused', cause, detail),
    denied: (_, name) => report('denied', name),
    registerBasic: async () => {
      report('basic');
      return refusal;
    },
    registerMux: async () => {
      report('mux');
      return refusal;
    },
    registerExtended: async (_, { request }) => {
      report('register', JSON.stringify(request));
      return refusal;
    },
    adopt: (_, { word }, rest) => {
      report('adopt', word, String(rest));
      return refusal;
    },
  };
  const ignore = () => {};
  const visitor = new Visitor(near, { ...OPEN, ...policy }, host, ignore, ignore);
  near.once('close', () => report('closed'));
  const until = async (isSo: () => boolean) => {
    if (isSo()) return reports;
    for await (const _ of on(events, 'report')) if (isSo()) break;
    return reports;
  };
  const closed = () => until(() => reports.includes('closed'));
  // Waited for, so that no timer of this test is cleared among the mocked ones of the next.
  t.after(async () => {
    near.destroy();
    await closed();
  });
  const send = async (data: string | Uint8Array) => {
    const read = near.bytesRead + Buffer.byteLength(data);
    peer.write(data);
    while (near.bytesRead < read) await turn();
  };
  return {
    visitor,
    peer,
    reports,
    closed,
    send,
    reported: (n) => until(() => reports.length >= n),
  };
}
