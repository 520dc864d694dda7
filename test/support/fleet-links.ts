import type { TestContext } from 'node:test';
import type { StreamSocket } from '#src/data-plane/data-plane.ts';
import { DescriptorBudget } from '#src/data-plane/descriptor-budget.ts';
import type { Member } from '#src/directory/member.ts';
import type { LinkHost, Links } from '#src/links/links.ts';
import { openLinks } from '#src/links/open-links.ts';

/** A member of a fleet, as far as its links go. */
export interface TestMember {
  links: Links;
  /** As the others know it. */
  member: Member;
  budget: DescriptorBudget;
}

/** Descriptors of each member. */
export const FREE = 1000;

/** Serves nobody, and promises nothing. */
export const IDLE: LinkHost = { serve: () => 'not-here', promise: () => false };

/** Members that know each other. Who joins under a name that there is takes its place. */
export class TestFleet {
  readonly #t: TestContext;
  readonly #members = new Map<string, Member>();

  constructor(t: TestContext) {
    this.#t = t;
  }

  /** @param free - descriptors it has */
  async join(
    name: string,
    host: Partial<LinkHost> = {},
    free = FREE,
    port = 0,
  ): Promise<TestMember> {
    const budget = new DescriptorBudget(free);
    const find = (known: string) => this.#members.get(known);
    const at = { name, host: '127.0.0.1', port };
    const links = await openLinks(at, { ...IDLE, ...host }, budget, find);
    const member: Member = {
      name,
      session: `session of ${name}`,
      link: { host: '127.0.0.1', ...links.address },
      state: 'live',
      load: { registrations: 0, connections: 0 },
      isDraining: false,
    };
    this.#members.set(name, member);
    this.#t.after(async () => {
      links.cut();
      await links.close();
    });
    return { links, member, budget };
  }

  /** Two members: `far` promises whatever it is asked for, and keeps `there` the clients that it is sent. */
  async joinTwo(): Promise<{ near: TestMember; far: TestMember; there: StreamSocket[] }> {
    const there: StreamSocket[] = [];
    const near = await this.join('near:1');
    const far = await this.join('far:1', {
      serve: () => (stream) => void there.push(stream),
      promise: () => true,
    });
    return { near, far, there };
  }

  /** Nobody knows it any more. */
  forget(name: string): void {
    this.#members.delete(name);
  }
}

/** A client as it is forwarded. */
export function clientOf(name: string, greeting = '') {
  return { name, client: { address: '192.0.2.7', port: 4711 }, greeting };
}

/** Another place of a member, such as one between it and those who dial it. */
export function at(member: Member, place: Partial<Member['link']>): Member {
  return { ...member, link: { ...member.link, ...place } };
}
