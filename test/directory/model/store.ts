/** What a member writes of itself. */
export interface SessionEntry {
  kind: 'session';
  member: string;
  session: string;
  /** Number of the renewal that wrote it. */
  renewal: number;
  knows: string[];
  isGone: boolean;
}

export interface NameEntry {
  kind: 'name';
  name: string;
  session: string;
  member: string;
  isMoving: boolean;
}

export interface Change {
  key: string;
  value: SessionEntry | NameEntry | undefined;
  revision: number;
}

/** Agrees at once with whoever comes first: all that can go wrong does so on the way. */
export class ModelStore {
  readonly log: Change[] = [];
  readonly #last = new Map<string, Change>();
  readonly onChange = new Set<() => void>();

  write(key: string, value: Change['value'], after: number): number | undefined {
    if ((this.#last.get(key)?.revision ?? 0) !== after) return undefined;
    const change = { key, value, revision: this.log.length + 1 };
    this.log.push(change);
    this.#last.set(key, change);
    for (const told of this.onChange) told();
    return change.revision;
  }

  /** The last change of each key, in order of revisions. */
  entries(): Change[] {
    return [...this.#last.values()].sort((one, other) => one.revision - other.revision);
  }
}
