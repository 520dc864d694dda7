import { RelayError } from '../../errors.ts';
import type { AgentSettings, RegisteringSettings } from '../../options/agent-options.ts';
import { limitOptions, limitsOf } from '../../options/limit-options.ts';
import { trustOptions } from '../../options/trust-options.ts';
import { parseAddress } from '../../options/values.ts';
import type { Register } from '../../protocol/extended.ts';
import { formatMessage } from '../../protocol/message.ts';
import type { Stop } from '../course.ts';
import type { NoticeListener } from '../events.ts';
import type { Lease } from '../lease.ts';
import type { Service } from '../service.ts';
import { BasicLink } from './basic-link.ts';
import { ControlConnection } from './control-connection.ts';
import type { DoorMemory } from './door.ts';
import { ExtendedLink } from './extended-link.ts';
import { grantOf } from './grant.ts';
import { shakeHands } from './handshake.ts';
import type { Link } from './link.ts';
import { readTls } from './tls.ts';
import { isExposed, readToken } from './token.ts';

/** Whom a link is opened for. */
export interface LinkContext {
  settings: RegisteringSettings;
  service: Service;
  lease: Lease;
  doors: DoorMemory;
  notice: NoticeListener;
  /** Gives it up. */
  signal: AbortSignal;
}

/** Fails now, rather than at every try, when files that were named cannot be used. */
export async function checkFiles(settings: AgentSettings, notice: NoticeListener): Promise<void> {
  await readToken(settings);
  await readTls(settings, '');
  if (await isExposed(settings)) {
    notice('token-file', `Others can use the token in ${settings.tokenFile}: chmod 600 it.`);
  }
}

/**
 * Registers by the extended protocol or, where the relay knows only the basic
 * one and nothing was asked for that this one lacks, by that.
 *
 * @throws RelayError
 */
export async function openLink(context: LinkContext, stop: Stop): Promise<Link> {
  const { settings, lease, notice, signal } = context;
  const { relay, patience } = stop;
  const token = await readToken(settings);
  const tls = await readTls(settings, parseAddress(relay)?.host ?? '');
  const connection = await ControlConnection.connect(relay, tls, signal, settings.mux, patience);
  const abort = () => connection.close();
  signal.addEventListener('abort', abort);
  try {
    const registered = await shakeHands(connection, token, asked(context), patience);
    if (registered.name !== settings.name) {
      connection.send(formatMessage('BYE'));
      throw connection.notARelay('it gives another name than was asked for, or none');
    }
    const grant = grantOf(registered, connection.host);
    const changed = await lease.granted(registered, grant.host);
    return new ExtendedLink({ connection, registered }, { ...grant, changed }, { ...context, tls });
  } catch (error) {
    connection.close();
    if (signal.aborted || !isBasicOnly(connection, error)) throw error;
    // A relay that agents are sent to knows the extended protocol.
    if (stop.isSent) throw error;
    insistOnExtended(settings, lease, error);
  } finally {
    signal.removeEventListener('abort', abort);
  }
  notice(
    'basic-protocol',
    `The relay at ${relay} seems to know only the basic protocol: it keeps no port for this agent and does not say which one it opens; its log does.`,
  );
  return new BasicLink(await ControlConnection.connect(relay, undefined, signal, false, patience));
}

function asked({ settings, lease }: LinkContext): Register {
  const { port, ports, name } = settings;
  const group = settings.group || undefined;
  return { port, ports, name, group, ...lease.claim, limits: limitsOf(settings) };
}

/** What a relay does that has never heard of the extended protocol. */
function isBasicOnly(connection: ControlConnection, error: unknown): error is RelayError {
  if (!(error instanceof RelayError)) return false;
  return connection.hungUp || error.refusal === 'hello-unknown';
}

/** Throws rather than to do without something that was asked for, or that the relay is known to have. */
function insistOnExtended(settings: RegisteringSettings, lease: Lease, error: RelayError): void {
  const wanted = BEYOND_BASIC.filter((option) => settings[option]);
  if (wanted.length > 0) {
    const { code, message, refusal } = error;
    throw new RelayError(
      code,
      `${message} The basic protocol would not do: it lacks what is asked for (${wanted.join(', ')}).`,
      { cause: error, ...(refusal !== undefined && { refusal }) },
    );
  }
  if (lease.isKnown) throw error;
}

const BEYOND_BASIC = [
  ...(Object.keys(limitOptions) as (keyof typeof limitOptions)[]),
  ...(Object.keys(trustOptions) as (keyof typeof trustOptions)[]),
  ...(['port', 'ports', 'name', 'group', 'state', 'mux'] as const),
  ...(['singlePort', 'spares', 'health', 'proxyProtocol'] as const),
];
