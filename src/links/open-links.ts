import type { DescriptorBudget } from '../data-plane/descriptor-budget.ts';
import type { Member } from '../directory/member.ts';
import { formatMessage } from '../protocol/message.ts';
import { drawKey } from '../protocol/proof.ts';
import { within } from '../within.ts';
import { ask, nonsense } from './asking.ts';
import { Door } from './door.ts';
import { receiving } from './key.ts';
import type { LinkHost, Links } from './links.ts';
import { Peers } from './peers.ts';

/** Milliseconds for a member to say whether it serves a client. */
const ANSWER_DEADLINE = 3000;

/** Who a member is, and where it is dialled. */
export interface LinkSettings {
  /** Its name, by which it is known to the others. */
  name: string;
  host: string | undefined;
  /** 0 lets the system pick. */
  port: number;
}

/**
 * Opens the links of a member. Rejects with `E_LISTEN`.
 *
 * @param members - a member by its name, as this one knows it: nobody else gets in
 */
export async function openLinks(
  { name: self, ...at }: LinkSettings,
  host: LinkHost,
  budget: DescriptorBudget,
  members: (name: string) => Member | undefined,
): Promise<Links> {
  const key = drawKey();
  const tls = receiving(key, (name) => name !== self && members(name) !== undefined);
  const door = await Door.open(at, () => tls, host, budget);
  const peers = new Peers(self, budget);
  return {
    address: { port: door.port, key },
    async forward(member, client) {
      const to = peers.to(member).clients;
      const { stream, answer } = await ask(to, formatMessage('CLIENT', client), ANSWER_DEADLINE);
      if (answer.word === 'JOINED') return stream;
      stream.destroy();
      if (answer.word === 'REFUSED') return answer.body.cause;
      throw nonsense(`[${answer.word}] for a client`);
    },
    async askPromise(member, session, patience) {
      const to = peers.to(member).questions;
      const asked = ask(to, formatMessage('PROMISE', { session }), patience);
      const promised = asked.then(({ stream, answer }) => {
        stream.destroy();
        return answer.word === 'PROMISED';
      });
      return within(patience, promised).catch(() => false);
    },
    isDialled: (member) => peers.isDialled(member),
    async close() {
      await Promise.all([door.close(), peers.leave()]);
    },
    cut() {
      door.cut();
      peers.cut();
    },
  };
}
