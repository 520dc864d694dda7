import type { RelayError } from '../../errors.ts';
import { WatchedFiles } from '../../watched-files.ts';
import { parseTokenFile, readTokenFile } from './token-file.ts';
import type { TokenRights, Withdrawal } from './token-rights.ts';

/**
 * Milliseconds between two looks at the time. A timer for the day itself would neither last for more
 * than 24 days nor notice that the clock was set.
 */
const INTERVAL = 500;

/** Both are called synchronously and must not throw. */
export interface TokenObserver {
  /**
   * A token is good no longer; these are the last rights that it had. Called once for each token,
   * also for one that had expired before the book was opened.
   */
  withdrawn(rights: TokenRights, why: Withdrawal): void;
  /** What tokens entitle to may not be what it was. */
  changed(): void;
  /** The file cannot be used as it is now; what it said before goes on. */
  failed(error: RelayError): void;
}

type Tokens = ReadonlyMap<string, TokenRights>;

/** The tokens of a file, kept up to date. */
export class TokenBook {
  readonly #files: WatchedFiles<Tokens>;
  readonly #observer: TokenObserver;
  readonly #timer: NodeJS.Timeout;
  /** Tokens of which the end was told, unless they have gone from the file since. */
  readonly #expired = new Set<string>();

  private constructor(files: WatchedFiles<Tokens>, observer: TokenObserver) {
    this.#files = files;
    this.#observer = observer;
    this.#timer = setInterval(() => this.#lookAtTime(), INTERVAL);
  }

  /** Rejects with a RelayError `E_TOKENS` when the file cannot be used. */
  static async open(file: string, observer: TokenObserver): Promise<TokenBook> {
    const source = {
      read: async () => [await readTokenFile(file)],
      parse: (contents: Buffer[]) => parseTokenFile(file, contents.join('')),
    };
    const files = await WatchedFiles.open<Tokens>(source, {
      changed: (now, before) => {
        book.#compare(now, before);
        observer.changed();
      },
      failed: (error) => observer.failed(error),
    });
    const book = new TokenBook(files, observer);
    return book;
  }

  /** The rights of a token, even if it has expired: its holder may be told so once it is known to be one. */
  find(name: string): TokenRights | undefined {
    return this.#files.value.get(name);
  }

  /** Stands in for another book from now on, of which it tells what is withdrawn by that. */
  replace(before: TokenBook): void {
    before.close();
    for (const token of before.#expired) this.#expired.add(token);
    this.#compare(this.#files.value, before.#files.value);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#files.close();
  }

  #compare(now: Tokens, before: Tokens): void {
    for (const rights of before.values()) {
      if (now.get(rights.name)?.token === rights.token) continue;
      const told = this.#expired.delete(rights.token);
      if (!told) this.#observer.withdrawn(rights, 'revoked');
    }
    this.#lookAtTime();
  }

  #lookAtTime(): void {
    for (const rights of this.#files.value.values()) {
      if (!isExpired(rights)) this.#expired.delete(rights.token);
      else if (!this.#expired.has(rights.token)) {
        this.#expired.add(rights.token);
        this.#observer.withdrawn(rights, 'expired');
      }
    }
  }
}

export function isExpired({ expires }: TokenRights): boolean {
  return expires !== undefined && expires <= Date.now();
}
