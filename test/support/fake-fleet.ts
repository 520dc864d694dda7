import type { DirectoryObserver } from '#src/directory/directory.ts';
import { LoneDirectory } from '#src/directory/lone-directory.ts';
import type { Member } from '#src/directory/member.ts';
import { Observers } from '#src/directory/observers.ts';

/** A member of a fleet, of whom everything is as usual that is not said. */
export function memberOf(name: string, more: Partial<Member> = {}): Member {
  return {
    name,
    session: `session of ${name}`,
    link: { host: '', port: 0, key: '' },
    state: 'live',
    load: { registrations: 0, connections: 0 },
    isDraining: false,
    ...more,
  };
}

/** The directory of a member, in which a test says what becomes of the others and of the store. */
export class FakeFleet extends LoneDirectory {
  readonly told = new Observers();
  others: Member[] = [];
  hasTenure = true;

  override get holds(): boolean {
    return this.hasTenure;
  }

  override members(): Member[] {
    return [this.self, ...this.others];
  }

  override watch(observer: DirectoryObserver): () => void {
    return this.told.add(observer);
  }
}
