import { readFile } from 'node:fs/promises';
import type { TlsSource } from '../../data-plane/data-plane.ts';
import { RelayError, reasonOf } from '../../errors.ts';
import { WatchedFiles } from '../../watched-files.ts';
import { TLS_FILES, type TlsFiles, type TlsIdentity, toIdentity } from './tls-identity.ts';

/** The broker's certificate and the authority of the agents', kept up to date with their files. */
export class Certificates {
  readonly #files: WatchedFiles<TlsIdentity>;
  /** For control connections and back-connects: who has no certificate is refused, if an authority is given. */
  readonly agents: TlsSource = () => this.#files.value.agents;
  /** For public ports. */
  readonly clients: TlsSource = () => this.#files.value.clients;

  private constructor(files: WatchedFiles<TlsIdentity>) {
    this.#files = files;
  }

  /**
   * Rejects with a RelayError `E_TLS` when the files cannot be used.
   *
   * @param failed - told when they cannot be used as they are now; what they were before goes on.
   */
  static async open(
    names: TlsFiles<string>,
    failed: (error: RelayError) => void,
  ): Promise<Certificates> {
    const given = TLS_FILES.filter((file) => names[file] !== undefined);
    const source = {
      read: async () => {
        const contents: Buffer[] = [];
        // One after the other, so that the same file is named each time when several cannot be read.
        for (const file of given) contents.push(await read(file, names[file] ?? ''));
        return contents;
      },
      parse: (contents: Buffer[]) =>
        toIdentity(names, Object.fromEntries(given.map((file, n) => [file, contents[n]]))),
    };
    const observer = { changed: () => {}, failed };
    return new Certificates(await WatchedFiles.open(source, observer));
  }

  close(): void {
    this.#files.close();
  }
}

async function read(option: string, name: string): Promise<Buffer> {
  try {
    return await readFile(name);
  } catch (cause) {
    throw new RelayError(
      'E_TLS',
      `Cannot read the file of ${option}, ${name}: ${reasonOf(cause)}.`,
      { cause },
    );
  }
}
