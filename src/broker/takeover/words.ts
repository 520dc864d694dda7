import * as v from 'valibot';
import { leaseSchema } from '../leases/lease-file.ts';
import type { Channel } from './channel.ts';

/** Of what is said here. Processes of another version refuse each other, and the older one goes on. */
export const VERSION = 1;

const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const text = v.pipe(v.string(), v.maxLength(512));

/**
 * What the processes say to each other. The successor begins with `take`, the predecessor answers `wait`
 * or `refuse`, shuts its listeners one after the other, and then says all that it has up to `all`. The
 * successor opens, and says `serving` or `failed`; with `gone` the predecessor leaves, with `back` it goes on itself.
 */
const words = v.variant('word', [
  v.object({ word: v.literal('take'), version: natural }),
  v.object({ word: v.literal('wait') }),
  v.object({ word: v.literal('refuse'), reason: text }),
  v.object({
    word: v.literal('listener'),
    role: v.picklist([
      'control',
      'client',
      'announce',
      'pool',
      'names',
      'names-client',
      'tls-names',
      'http-names',
    ]),
    port: natural,
  }),
  v.object({ word: v.literal('lease'), lease: leaseSchema }),
  v.object({ word: v.literal('all'), lastId: natural }),
  v.object({ word: v.literal('serving') }),
  v.object({ word: v.literal('failed'), reason: text }),
  v.object({ word: v.literal('gone') }),
  v.object({ word: v.literal('back') }),
]);

export type Word = v.InferInput<typeof words>;

type Said = v.InferOutput<typeof words>;

/** What was said, and a descriptor, where one comes with it: whoever hears it closes that. */
export interface Heard {
  said: Said;
  descriptor: number | undefined;
}

/** Rejects when nothing of that kind comes in so many milliseconds. */
export async function hear(channel: Channel, milliseconds: number): Promise<Heard> {
  const { message, descriptors } = await channel.receive(milliseconds);
  const parsed = v.safeParse(words, message);
  const expected = parsed.success && parsed.output.word === 'listener' ? 1 : 0;
  if (parsed.success && descriptors.length === expected) {
    return { said: parsed.output, descriptor: descriptors[0] };
  }
  const { close } = await import('./unix-calls.ts');
  for (const descriptor of descriptors) close(descriptor);
  throw new Error('the other process said something unknown');
}

/** Rejects when the other end is gone, or does not read. */
export function say(channel: Channel, word: Word, descriptor?: number): Promise<void> {
  return channel.send(word, descriptor === undefined ? [] : [descriptor]);
}
