import type { Claim, ClaimRefusal, Directory, DirectoryObserver } from './directory.ts';
import type { Member, MemberNews } from './member.ts';
import { Observers } from './observers.ts';
import type { Kind, Records } from './records.ts';
import { HeldStanding, Standings } from './standings.ts';

/** Nobody is there to dial it. */
const NO_LINK = { host: '', port: 0, key: '' };

/** The directory of a broker that is alone: whatever is free can be claimed, and nothing is lost. */
export class LoneDirectory implements Directory {
  readonly #holder: { member: Member };
  readonly #standings = new Standings();
  readonly #observers = new Observers();
  #generation = 0;

  constructor(name: string) {
    const member: Member = {
      name,
      session: 'lone',
      link: NO_LINK,
      state: 'live',
      load: { registrations: 0, connections: 0 },
      isDraining: false,
    };
    this.#holder = { member };
  }

  get self(): Member {
    return this.#holder.member;
  }

  get holds(): boolean {
    return true;
  }

  get isReachable(): boolean {
    return this.self.state === 'live';
  }

  claim<K extends Kind>(kind: K, id: string, record: Records[K]): Promise<Claim<K> | ClaimRefusal> {
    if (!this.isReachable) return Promise.resolve({ refused: 'closed' });
    const by = this.find(kind, id);
    if (by !== undefined) return Promise.resolve({ refused: 'taken', by });
    this.#generation += 1;
    return Promise.resolve(this.#make(kind, id, record, this.#generation));
  }

  find<K extends Kind>(kind: K, id: string): HeldStanding<K> | undefined {
    return this.#standings.find(kind, id);
  }

  all<K extends Kind>(kind: K): Iterable<HeldStanding<K>> {
    return this.#standings.all(kind);
  }

  leasesOf(token: string): number {
    return this.#standings.leasesOf(token);
  }

  isWithin(most: number, token: string, generation: number): Promise<boolean> {
    return Promise.resolve(this.#standings.isWithin(most, token, generation));
  }

  members(): Member[] {
    return [this.self];
  }

  tell(news: MemberNews): void {
    this.#become({ ...this.self, ...news });
  }

  watch(observer: DirectoryObserver): () => void {
    return this.#observers.add(observer);
  }

  leave(): Promise<void> {
    if (this.isReachable) {
      this.#become({ ...this.self, state: 'gone' });
      this.#observers.reachable(false);
    }
    return Promise.resolve();
  }

  #become(member: Member): void {
    this.#holder.member = member;
    this.#observers.memberChanged(member);
  }

  #make<K extends Kind>(kind: K, id: string, first: Records[K], generation: number): Claim<K> {
    let standing = new HeldStanding(kind, id, first, generation, this.#holder);
    const keep = (record: Records[K]) => {
      standing = new HeldStanding(kind, id, record, generation, this.#holder);
      this.#standings.set(standing);
      this.#observers.changed(kind, id);
    };
    const isKept = () => this.find(kind, id) === standing;
    keep(first);
    return {
      id,
      generation,
      get record() {
        return standing.record;
      },
      update: (record) => {
        if (isKept()) keep(record);
      },
      recorded: () => Promise.resolve(),
      release: () => {
        if (isKept()) {
          this.#standings.delete(kind, id);
          this.#observers.changed(kind, id);
        }
        return Promise.resolve();
      },
      lost: new Promise(() => {}),
    };
  }
}
