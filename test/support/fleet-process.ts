// A member of a fleet without a broker, as a process of its own: <NATS> <name> <what it does>.
// `own`: takes a name once it lists another member, and says until when it would have served clients of it.
// `inherit`: takes that name as soon as its member is gone, and says since when.
import { hrtime } from 'node:process';
import { DescriptorBudget } from '#src/data-plane/descriptor-budget.ts';
import type { Claim } from '#src/directory/directory.ts';
import { FleetDirectory } from '#src/directory/fleet-directory.ts';
import { NatsStore } from '#src/directory/nats/nats-store.ts';
import { openLinks } from '#src/links/open-links.ts';

const [, , cluster, name = '', role = ''] = process.argv;
const RECORD = { offer: 'open', heir: 'whoever comes' } as const;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function memberOf(called: string) {
  return directory?.members().find((member) => member.name === called);
}

let directory: FleetDirectory | undefined;
const links = await openLinks(
  { name, host: '127.0.0.1', port: 0 },
  { serve: () => 'not-here', promise: (session) => directory?.promise(session) ?? false },
  DescriptorBudget.ofProcess(),
  memberOf,
);
const store = await NatsStore.open({ cluster, clusterName: 'test' });
const isListing = listing();
directory = await FleetDirectory.join(
  store,
  { name, link: { host: '127.0.0.1', ...links.address } },
  {
    lease: 60,
    ask: (member, session, patience) => links.askPromise(member, session, patience),
    report: ({ message }) => say(message),
  },
);
say('joined');

/** Resolves when this member's entry lists another one: who is not listed waits for long before counting it out. */
function listing(): Promise<void> {
  return new Promise((resolve) => {
    const write = store.write.bind(store);
    store.write = async (key, value, after) => {
      const revision = await write(key, value, after);
      if (revision !== undefined && JSON.parse(value).knows?.length > 0) resolve();
      return revision;
    };
  });
}

async function claim(isTime: () => boolean): Promise<Claim> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (!isTime()) continue;
    const claimed = await directory?.claim('name', 'web', RECORD, RECORD.heir);
    if (claimed !== undefined && !('refused' in claimed)) return claimed;
  }
}

/** As for a client that comes every millisecond: the moment is of before the clock is asked, for whoever is stopped in between. */
function serve(served: (at: bigint) => void): void {
  setInterval(() => {
    const at = hrtime.bigint();
    if (directory?.holds) served(at);
  }, 1);
}

if (role === 'own') {
  await isListing;
  const own = await claim(() => true);
  let last = 0n;
  let isLost = false;
  serve((at) => {
    if (last === 0n) say(`has it as ${own.generation}`);
    if (!isLost) last = at;
  });
  const by = await own.lost;
  isLost = true;
  say(`lost it to ${by?.member.name}, served until ${last}`);
} else {
  const isThere = () => directory?.find('name', 'web')?.member.state === 'live';
  const inherited = await claim(() => directory?.find('name', 'web') !== undefined && !isThere());
  let isServing = false;
  serve((at) => {
    if (!isServing) say(`serves it as ${inherited.generation} since ${at}`);
    isServing = true;
  });
}
