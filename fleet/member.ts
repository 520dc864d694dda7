import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Program } from '../test/support/program.ts';
import type { House } from './network.ts';
import { DOMAIN, PORTS } from './ports.ts';
import { keepLog, LEFT_IN } from './records.ts';

/** Milliseconds between two looks whether it takes clients. */
const INTERVAL = 50;

export interface MemberSetting {
  adminToken: string;
  /** As `--cluster` takes it. */
  nats: string;
}

/** A broker of the fleet, in its house; it may be started several times. */
export class Member {
  readonly house: House;
  readonly #t: TestContext;
  readonly #setting: MemberSetting;
  #starts = 0;
  #program: Program | undefined;

  constructor(t: TestContext, house: House, setting: MemberSetting) {
    this.#t = t;
    this.house = house;
    this.#setting = setting;
  }

  get address(): string {
    return this.house.address;
  }

  /** Starts it, and resolves when it takes agents and clients. */
  async start(): Promise<void> {
    const { adminToken, nats } = this.#setting;
    const { address } = this.house;
    this.#starts += 1;
    const started = `${address}-${this.#starts}`;
    const program = this.#inside(
      [String(PORTS.control), '--advertise', address],
      ['--cluster', nats, '--cluster-name', 'street'],
      ['--cluster-port', String(PORTS.link)],
      ['--names', `8010:${PORTS.names}`, '--domain', DOMAIN],
      ['--tls-names', String(PORTS.tls), '--http-names', String(PORTS.http)],
      ['--admin', `${address}:${PORTS.admin}`, '--admin-token-file', adminToken],
      // A log of its own for each start: one that was killed leaves a line that is not whole.
      ['--access-log', `${LEFT_IN}/${started}.access`],
      // The machine is busy: an agent that is late to say what it speaks is not one of the basic protocol.
      ['--hello-wait', '2000'],
      ['--heartbeat', '2', '--lease', '60', '--drain', '20', '--log', 'json'],
    );
    this.#program = program;
    keepLog(program, started);
    await this.isReady();
  }

  async isReady(): Promise<void> {
    const url = `http://${this.address}:${PORTS.admin}/readyz`;
    for (;;) {
      const answer = await fetch(url).catch(() => undefined);
      if (answer?.ok) return;
      this.assertRuns();
      await delay(INTERVAL);
    }
  }

  assertRuns(): void {
    const { child, output } = this.#running();
    const { exitCode, signalCode } = child;
    assert.equal(exitCode ?? signalCode, null, `${this.address} has ended:\n${output}`);
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#running().exited;
  }

  signal(name: NodeJS.Signals): void {
    this.#running().signal(name);
  }

  /** Resolves when it has ended by itself; with its exit code. */
  get exited(): Promise<number | null> {
    return this.#running().exited;
  }

  /** Has it drain, by `relay-broker drain`. */
  async drain(): Promise<void> {
    const admin = `${this.address}:${PORTS.admin}`;
    const program = this.#inside(
      ['drain', '--admin', admin],
      ['--admin-token-file', this.#setting.adminToken],
    );
    const code = await program.exited;
    if (code !== 0) throw new Error(program.output);
  }

  get log(): string {
    return this.#running().output;
  }

  #inside(...words: string[][]): Program {
    const [command = '', ...rest] = this.house.inside;
    const broker = [process.execPath, 'dist/cli/relay-broker.js', ...words.flat()];
    return new Program(this.#t, command, [...rest, ...broker]);
  }

  #running(): Program {
    if (this.#program === undefined) throw new Error(`${this.address} was not started`);
    return this.#program;
  }
}
