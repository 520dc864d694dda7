import { isBlock } from '../../data-plane/address-list.ts';
import type { ClientLimits, Exchange } from '../../data-plane/data-plane.ts';
import type { ProtocolError } from '../../protocol/error-codes.ts';
import type { LimitsMessage } from '../../protocol/extended.ts';
import { printable } from '../../protocol/printable.ts';

/** What one party holds the clients of a registration to: the broker, a token or an agent. Nothing set is no bound. */
export interface Limits extends LimitsMessage {
  /** New clients per second in all. */
  rate?: number | undefined;
}

/** What the broker holds everybody to. */
export type BrokerLimits = Limits & { clients: number; waiting: number };

/** The stricter of each: a client has to satisfy every party. */
export function strictest(broker: BrokerLimits, ...others: Limits[]): ClientLimits {
  const all: Limits[] = [broker, ...others];
  const least = (key: Exclude<keyof Limits, 'allow' | 'deny'>) => {
    const bounds = all.map((limits) => limits[key]).filter((bound) => bound !== undefined);
    return bounds.length === 0 ? undefined : Math.min(...bounds);
  };
  const idle = least('idle');
  return {
    allow: all.map(({ allow }) => allow).filter((allow) => allow !== undefined),
    deny: all.flatMap(({ deny }) => deny ?? []),
    clients: least('clients') ?? broker.clients,
    waiting: least('waiting') ?? broker.waiting,
    clientsPerAddress: least('clientsPerAddress'),
    ratePerAddress: least('ratePerAddress'),
    rate: least('rate'),
    bytesPerSecond: least('bytesPerSecond'),
    idle: idle === undefined ? undefined : idle * 1000,
  };
}

/** As far as an exchange that is open can be held to them: which data plane it is on was settled when it opened, and one has no byte rates. */
export function keptBy({ hasByteRates }: Exchange, limits: ClientLimits): ClientLimits {
  return hasByteRates ? limits : { ...limits, bytesPerSecond: undefined };
}

/** What is wrong with the limits that an agent asks for; their types were checked when they were read. */
export function faultOf({ allow, deny }: LimitsMessage): ProtocolError | undefined {
  if (allow?.length === 0) return refused('"allow" is empty, so that no client could come');
  const wrong = [...(allow ?? []), ...(deny ?? [])].find((block) => !isBlock(block));
  return wrong === undefined
    ? undefined
    : refused(`${printable(wrong)} is neither an IP address nor a CIDR block`);
}

/** The limits in force as an agent is told: the numbers, as the lists might not fit into a line. */
export function toMessage(limits: ClientLimits): LimitsMessage {
  const { clients, waiting, clientsPerAddress, ratePerAddress, bytesPerSecond, idle } = limits;
  const seconds = idle === undefined ? undefined : idle / 1000;
  return { clients, waiting, clientsPerAddress, ratePerAddress, bytesPerSecond, idle: seconds };
}

function refused(reason: string): ProtocolError {
  return { code: 'limit-refused', message: `A limit cannot be kept: ${reason}. Ask for another.` };
}
