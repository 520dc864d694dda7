import type { DirectoryObserver } from './directory.ts';
import type { Member } from './member.ts';
import type { Kind } from './records.ts';

/** Everybody who is told what happens in a directory, as one. */
export class Observers implements Required<DirectoryObserver> {
  readonly #observers = new Set<DirectoryObserver>();

  add(observer: DirectoryObserver): () => void {
    this.#observers.add(observer);
    return () => void this.#observers.delete(observer);
  }

  changed(kind: Kind, id: string): void {
    for (const observer of this.#observers) observer.changed?.(kind, id);
  }

  memberChanged(member: Member): void {
    for (const observer of this.#observers) observer.memberChanged?.(member);
  }

  reachable(isReachable: boolean): void {
    for (const observer of this.#observers) observer.reachable?.(isReachable);
  }

  tenure(holds: boolean): void {
    for (const observer of this.#observers) observer.tenure?.(holds);
  }
}
