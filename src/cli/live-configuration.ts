import { readFile, stat } from 'node:fs/promises';
import type { Layer } from '../config/layer.ts';
import { type Configuration, resolveConfiguration } from '../config/resolve.ts';
import type { Shape } from '../config/shape.ts';
import { RelayError, reasonOf } from '../errors.ts';
import type { Options } from '../options/option.ts';
import { type FileSource, WatchedFiles } from '../watched-files.ts';
import { onHangUp } from './hang-up.ts';

/** Whom a change of the configuration concerns. */
export interface Follower<C> {
  /** SIGHUP: one of the others is called next. */
  asked?(): void;
  /** Called when the file has changed, and at each SIGHUP: files that it names may have, too. One call at a time; must not reject. */
  apply(configuration: C): Promise<void>;
  /** The file cannot be used as it is now; what it said before goes on. */
  failed(error: RelayError): void;
}

/** What command line, environment and a file say together, the file at the moment. */
export class LiveConfiguration<P extends Options, S extends Options> {
  /** What it was at first. */
  readonly value: Configuration<P, S>;
  #files: WatchedFiles<Configuration<P, S>> | undefined;
  #follower: Follower<Configuration<P, S>> | undefined;
  #applying = Promise.resolve();

  private constructor(value: Configuration<P, S>) {
    this.value = value;
  }

  /** @throws RelayError `E_BAD_OPTION` when something is wrong anywhere, or the file cannot be read. */
  static async open<P extends Options, S extends Options>(
    shape: Shape<P, S>,
    given: Layer,
    file: string | undefined,
  ): Promise<LiveConfiguration<P, S>> {
    if (file === undefined) {
      return new LiveConfiguration(resolveConfiguration(shape, given, undefined));
    }
    const files = await WatchedFiles.open(await configurationIn(file, shape, given), {
      changed: () => live.#apply(),
      failed: (error) => live.#follower?.failed(error),
    });
    const live = new LiveConfiguration(files.value);
    live.#files = files;
    return live;
  }

  /** To be called once. */
  follow(follower: Follower<Configuration<P, S>>): void {
    if (this.#files === undefined) return;
    this.#follower = follower;
    onHangUp(() => void this.#hungUp());
    if (this.#files.value !== this.value) this.#apply();
  }

  /** Nothing is told any more. SIGHUP still does no harm: what is being closed is not to be cut short by it. */
  close(): void {
    this.#files?.close();
    this.#follower = undefined;
  }

  async #hungUp(): Promise<void> {
    this.#follower?.asked?.();
    const before = this.#files?.value;
    const isGood = await this.#files?.look();
    if (isGood && this.#files?.value === before) this.#apply();
  }

  #apply(): void {
    this.#applying = this.#applying.then(async () => {
      if (this.#files !== undefined) await this.#follower?.apply(this.#files.value);
    });
  }
}

/** A file as a source of the whole configuration. */
export async function configurationIn<P extends Options, S extends Options>(
  file: string,
  shape: Shape<P, S>,
  given: Layer,
): Promise<FileSource<Configuration<P, S>>> {
  // A program without a file does not load what reads TOML.
  const [{ decode }, { readConfigFile }] = await Promise.all([
    import('../config/decode.ts'),
    import('../config/config-file.ts'),
  ]);
  let last: Buffer | undefined;
  return {
    read: async () => {
      if (last !== undefined) return [last];
      const { content, isFile } = await read(file);
      // A pipe, such as that of <(...) in a shell, has no more to say: nothing is not what it says now.
      if (!isFile) last = content;
      return [content];
    },
    parse: (contents) =>
      resolveConfiguration(
        shape,
        given,
        readConfigFile(file, decode(file, Buffer.concat(contents)), shape),
      ),
  };
}

async function read(file: string): Promise<{ content: Buffer; isFile: boolean }> {
  try {
    const content = await readFile(file);
    return { content, isFile: (await stat(file)).isFile() };
  } catch (cause) {
    const message = `config: cannot read ${file}: ${reasonOf(cause)}`;
    throw new RelayError('E_BAD_OPTION', message, { cause });
  }
}
