import type { MemberEntry } from '#src/directory/fleet/entries.ts';

/** What a member writes of itself that is like any other, and knows nobody. */
export const MEMBER: MemberEntry = {
  session: 'abc',
  state: 'live',
  link: { host: '192.0.2.1', port: 1, key: 'k'.repeat(43) },
  load: { registrations: 0, connections: 0 },
  isDraining: false,
  knows: [],
  beat: 1,
};
