import type { Records } from '../records.ts';
import { clientsBehind } from './behind.ts';
import { grouped } from './grouped.ts';

/** The clients that were served by one claim. */
interface Reign {
  node: string;
  generation: number;
  /** When the last of them came: it was served after that. */
  lastCame: number;
  /** When the first of them had its answer: it was served before that. */
  firstServed: number;
}

/**
 * Names of which an earlier claim served somebody after a later one had, and claims that two members took for
 * their own. It goes by what clients saw, who are one process with one clock, and not by what brokers say of when that was.
 */
export function ownersAtOnce(records: Pick<Records, 'visits' | 'served'>): string[] {
  const faults: string[] = [];
  for (const [name, reigns] of reignsIn(records)) {
    reigns.forEach((reign, at) => {
      for (const next of reigns.slice(at + 1)) {
        const over = reign.lastCame - next.firstServed;
        const [former, latter] = [reign, next].map(
          ({ node, generation }) => `${node} (generation ${generation})`,
        );
        if (next.generation === reign.generation) {
          faults.push(`${name}: one claim for two members, ${former} and ${latter}`);
        } else if (over > 0) {
          faults.push(
            `${name}: ${former} served a client that came ${over} ms after ${latter} had`,
          );
        }
      }
    });
  }
  return faults;
}

/** By name, in order of generation. */
function reignsIn(records: Pick<Records, 'visits' | 'served'>): Map<string, Reign[]> {
  const clients = [...clientsBehind(records)].filter(
    ([, visit]) => visit?.answeredAt !== undefined,
  );
  const claims = grouped(
    clients,
    ([{ name, generation, node }]) => `${name} ${generation} ${node}`,
  );
  const reigns = [...claims.values()].map((served) => {
    const [[{ name, node, generation }] = never()] = served;
    const visits = served.map(([, visit]) => visit ?? never());
    return {
      ...{ name, node, generation },
      lastCame: Math.max(...visits.map(({ start }) => start)),
      firstServed: Math.min(...visits.map(({ answeredAt }) => answeredAt ?? never())),
    };
  });
  const inOrder = reigns.sort((a, b) => a.generation - b.generation);
  return grouped(inOrder, ({ name }) => name);
}

function never(): never {
  throw new Error('groups have members');
}
