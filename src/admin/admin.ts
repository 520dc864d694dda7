import { lookup } from 'node:dns/promises';
import { RelayError, reasonOf } from '../errors.ts';
import { isAlive } from '../http/alive.ts';
import { type HttpServer, openHttpServer } from '../http/http-server.ts';
import { BrokerMetrics, type MeasuredHook } from '../metrics/broker-metrics.ts';
import { tokenNeeded } from '../options/admin-options.ts';
import { badOptions } from '../options/option.ts';
import { formatAddress, isLoopback, parseListen } from '../options/values.ts';
import { WatchedFiles } from '../watched-files.ts';
import { createApp } from './app.ts';
import { EventStreams } from './event-streams.ts';
import { Guard, type GuardCause } from './guard/guard.ts';
import { parseToken, readTokenFile } from './guard/token.ts';
import type { OperatedBroker } from './operated-broker.ts';
import { readPageFiles } from './page-files.ts';
import { Past } from './past.ts';
import { siteOf } from './site.ts';

interface Part {
  close(): void;
}

export interface AdminSettings {
  admin: number | string;
  adminTokenFile?: string | undefined;
  version: string;
  /** The broker's, whose figures are told, too. */
  hook?: MeasuredHook | undefined;
  /** Has the broker end in order, as when its process is told to. */
  drain(deadline: number | undefined): void;
}

/** Told what an operator may want to know of the listener itself. */
export interface AdminObserver {
  /** It is open; `exposed`: to more than this machine, and without encryption. */
  listening(url: string, exposed: boolean): void;
  /** Others than its owner can read the file of the token. */
  tokenExposed(file: string): void;
  /** The file of the token cannot be used as it is now; the token before goes on. */
  tokenFailed(error: RelayError): void;
  refused(address: string, cause: GuardCause): void;
  /** Somebody who may has changed something: `what`, such as `DELETE /registrations/7`. */
  acted(address: string, what: string): void;
  /** An operation failed in a way that nobody has thought of. */
  failed(reason: string): void;
}

/** The listener by which an operator looks at a broker and acts on it. It outlives the broker, and ends when told. */
export class Admin {
  readonly url: string;
  readonly #server: HttpServer;
  /** What ends with it. */
  readonly #parts: readonly Part[];
  #closing: Promise<void> | undefined;

  private constructor(server: HttpServer, parts: readonly Part[]) {
    this.url = `http://${formatAddress(server.at.host, server.at.port)}/`;
    this.#server = server;
    this.#parts = parts;
  }

  /** Rejects with `E_BAD_OPTION` or `E_LISTEN`, and leaves nothing open. */
  static async open(
    broker: OperatedBroker,
    settings: AdminSettings,
    observer: AdminObserver,
  ): Promise<Admin> {
    const { host, port, name } = await placeOf(settings);
    const past = new Past(broker);
    const site = siteOf(broker, past, settings);
    const failed = (error: unknown) => observer.failed(reasonOf(error));
    const streams = new EventStreams(broker, site.snapshot, failed);
    // Whoever follows when the token is replaced may not have the new one.
    const token = await watchToken(settings.adminTokenFile, observer, () => streams.close());
    const metrics = new BrokerMetrics(broker, settings.version, settings.hook);
    const parts = [past, streams, metrics, ...(token === undefined ? [] : [token])];
    try {
      const app = createApp({
        site,
        guard: new Guard(() => token?.value, name),
        streams,
        metrics,
        describe: () => describe(settings.version),
        page: await readPageFiles(),
        isAlive: () => isAlive(broker),
        unready: () => unreadyOf(broker),
        refused: observer.refused,
        acted: observer.acted,
        failed,
      });
      const admin = new Admin(await openHttpServer(app, { host, port, option: '--admin' }), parts);
      past.begin();
      observer.listening(admin.url, !isLoopback(host));
      return admin;
    } catch (error) {
      for (const part of parts) part.close();
      throw error;
    }
  }

  /** To be called when the broker is closed: until then, its draining can be watched. */
  close(): Promise<void> {
    for (const part of this.#parts) part.close();
    this.#closing ??= this.#server.close();
    return this.#closing;
  }
}

/** Loaded when somebody asks for it, which the page does not. */
async function describe(version: string): Promise<object> {
  const { describeApi } = await import('./api/openapi.ts');
  return describeApi(version);
}

/** Why nobody is to be sent to it. One without tenure serves nobody by name, where others of its fleet may. */
function unreadyOf(broker: OperatedBroker): string | undefined {
  if (broker.status().state !== 'serving') return 'draining';
  return broker.fleet()?.tenure.held === false ? 'cut off from its fleet' : undefined;
}

/** Where it listens, and what the operator calls that. Rejects with `E_BAD_OPTION`. */
async function placeOf({ admin, adminTokenFile }: AdminSettings) {
  const named = parseListen(admin);
  if (named === undefined) throw new RelayError('E_BAD_OPTION', 'admin: expected <host>:<port>');
  const host = await addressOf(named.host);
  if (adminTokenFile === undefined && !isLoopback(host)) {
    throw badOptions([tokenNeeded(named.host)]);
  }
  return { host, port: named.port, name: named.host };
}

/** Rejects with `E_BAD_OPTION`. */
async function watchToken(
  file: string | undefined,
  observer: AdminObserver,
  changed: () => void,
): Promise<WatchedFiles<string> | undefined> {
  if (file === undefined) return undefined;
  let wasExposed = false;
  const read = async () => {
    const { contents, exposed } = await readTokenFile(file);
    if (exposed && !wasExposed) observer.tokenExposed(file);
    wasExposed = exposed;
    return [contents];
  };
  const parse = ([contents]: Buffer[]) => parseToken(file, String(contents));
  return WatchedFiles.open({ read, parse }, { changed, failed: observer.tokenFailed });
}

async function addressOf(host: string): Promise<string> {
  try {
    return (await lookup(host)).address;
  } catch (error) {
    throw new RelayError('E_BAD_OPTION', `admin: ${host}: ${reasonOf(error)}`, { cause: error });
  }
}
