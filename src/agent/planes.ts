import type { DataPlaneObserver } from '../data-plane/data-plane.ts';
import {
  type ChosenDataPlane,
  type DataPlaneSettings,
  openDataPlane,
} from '../data-plane/open-data-plane.ts';

/** A data plane, to be closed by whoever has opened it. */
export interface HeldPlane extends ChosenDataPlane {
  close(): Promise<void>;
}

/** Where an agent gets its data plane from. Rejects with `E_DATA_PLANE` when the one asked for cannot be had. */
export type OpenPlane = (
  settings: Pick<DataPlaneSettings, 'dataPlane'>,
  observer: DataPlaneObserver,
) => Promise<HeldPlane>;

/** Registrations are what threads are for; and the fewer, the more work each does for a wake-up. */
const ONE_REGISTRATION = 1;

/** For an agent that is alone in its process. */
export const openOwnPlane: OpenPlane = async (settings, observer) => {
  const opened = await openDataPlane({ ...settings, threads: ONE_REGISTRATION }, observer);
  return { ...opened, close: () => opened.plane.close() };
};

interface Shared {
  opening: Promise<ChosenDataPlane>;
  observers: Set<DataPlaneObserver>;
}

/**
 * For the agents of one process: those that ask for the same data plane have one between them, from the
 * first that opens it until the last has closed it. The portable one is no more than functions.
 */
export function sharedPlanes(): OpenPlane {
  const planes = new Map<DataPlaneSettings['dataPlane'], Shared>();
  return async (settings, observer) => {
    const { dataPlane } = settings;
    if (dataPlane === 'portable') return openOwnPlane(settings, observer);
    const shared = planes.get(dataPlane) ?? share(dataPlane);
    planes.set(dataPlane, shared);
    shared.observers.add(observer);
    const leave = () => {
      shared.observers.delete(observer);
      const isLast = shared.observers.size === 0;
      if (isLast) planes.delete(dataPlane);
      return isLast;
    };
    try {
      const { plane, reason } = await shared.opening;
      return { plane, reason, close: async () => (leave() ? plane.close() : undefined) };
    } catch (error) {
      leave();
      throw error;
    }
  };
}

function share(dataPlane: DataPlaneSettings['dataPlane']): Shared {
  const observers = new Set<DataPlaneObserver>();
  const opening = openDataPlane(
    { dataPlane },
    {
      warning: (warning) => {
        for (const observer of observers) observer.warning(warning);
      },
      failed: (error) => {
        for (const observer of observers) observer.failed(error);
      },
    },
  );
  return { opening, observers };
}
