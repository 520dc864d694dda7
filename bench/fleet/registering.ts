import { once } from 'node:events';
import { connect } from 'node:net';
import { ExtendedAgent } from '../../test/support/extended-agent.ts';
import type { BenchMember } from './member.ts';

/** Registrations under way at one time, at each member. */
const AT_ONCE = 32;

/** How many registrations with a name all members together take in a second, each being asked for as many as it can. */
export async function registering(
  members: readonly BenchMember[],
  seconds: number,
  nameOf: () => string,
): Promise<number> {
  const agents: ExtendedAgent[] = [];
  const began = performance.now();
  const over = began + 1000 * seconds;
  const registrant = async ({ control }: BenchMember) => {
    while (performance.now() < over) agents.push(await registered(control, nameOf()));
  };
  const registrants = members.flatMap((member) =>
    Array.from({ length: AT_ONCE }, () => registrant(member)),
  );
  await Promise.all(registrants);
  const rate = (1000 * agents.length) / (performance.now() - began);
  await Promise.all(agents.map(leave));
  return rate;
}

async function registered(control: string, name: string): Promise<ExtendedAgent> {
  const [host = '', port] = control.split(':');
  const socket = connect({ host, port: Number(port), noDelay: true });
  socket.on('error', () => {});
  await once(socket, 'connect');
  const agent = new ExtendedAgent(socket);
  await agent.register({ name });
  return agent;
}

async function leave(agent: ExtendedAgent): Promise<void> {
  agent.say('BYE');
  await agent.ended;
}
