import { availableParallelism } from 'node:os';
import { RelayError } from '../errors.ts';
import type { DataPlane, DataPlaneObserver } from './data-plane.ts';
import { createPortableDataPlane } from './portable/portable-data-plane.ts';

/** Beyond these, the kernel's own work and that of the main thread leave more threads little to do. */
const MOST_THREADS_BY_DEFAULT = 4;

/** Where the layouts and constants in linux/system-calls.ts hold. */
const ARCHITECTURES = ['x64', 'arm64'];

export interface DataPlaneSettings {
  /** `auto`: Linux where it can be had, else portable. */
  dataPlane: 'auto' | 'linux' | 'portable';
  /** Threads of the Linux data plane at most. Default: one per core, up to four. */
  threads?: number | undefined;
}

/** A data plane and, in words, why it is this one. */
export interface ChosenDataPlane {
  plane: DataPlane;
  reason: string;
}

/** Throws `E_DATA_PLANE` when the one asked for cannot be had. */
export async function openDataPlane(
  { dataPlane, threads }: DataPlaneSettings,
  observer: DataPlaneObserver,
): Promise<ChosenDataPlane> {
  if (dataPlane === 'portable') {
    return { plane: createPortableDataPlane(), reason: 'asked for' };
  }
  const count = threads ?? Math.min(availableParallelism(), MOST_THREADS_BY_DEFAULT);
  try {
    const plane = await openLinuxDataPlane(count, observer);
    const most = count === 1 ? 'one thread' : `up to ${count} threads`;
    return { plane, reason: dataPlane === 'linux' ? `asked for, ${most}` : most };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (dataPlane === 'auto') return { plane: createPortableDataPlane(), reason };
    throw new RelayError(
      'E_DATA_PLANE',
      `The Linux data plane cannot be had here: ${reason}. Leave the choice to the program (auto), or ask for the portable one.`,
      { cause: error },
    );
  }
}

/** Loaded only where it is wanted, since it needs an optional package. */
async function openLinuxDataPlane(
  threads: number,
  observer: DataPlaneObserver,
): Promise<DataPlane> {
  const { platform, arch } = process;
  if (platform !== 'linux') throw new Error(`this is not Linux but ${platform}`);
  if (!ARCHITECTURES.includes(arch)) throw new Error(`it does not know the processor, ${arch}`);
  await import('koffi').catch((cause: unknown) => {
    throw new Error('the optional package koffi is not installed', { cause });
  });
  const { LinuxDataPlane } = await import('./linux/linux-data-plane.ts');
  return new LinuxDataPlane(threads, observer);
}
