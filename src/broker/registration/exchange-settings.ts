import type { DataPlane, ExchangeSettings } from '../../data-plane/data-plane.ts';
import type { BrokerSettings } from '../../options/broker-options.ts';
import type { Access } from '../access/access.ts';

/** The data plane that was chosen, and the one that can do everything. They may be the same. */
export interface DataPlanes {
  chosen: DataPlane;
  portable: DataPlane;
}

/**
 * Whether bytes have to be looked at or held back, which only the portable data plane can do.
 *
 * @param isMuxed - whether back-connects are streams of a session
 */
export function planeFor(
  { limits, tls }: ExchangeSettings,
  planes: DataPlanes,
  isMuxed = false,
): DataPlane {
  const isPortable = isMuxed || tls !== undefined || limits.bytesPerSecond !== undefined;
  return isPortable ? planes.portable : planes.chosen;
}

/** What every exchange of a broker is opened with. */
export function exchangeSettings(
  settings: BrokerSettings,
  access: Access,
  own: Pick<ExchangeSettings, 'clientPort' | 'pairing' | 'backConnectFrom' | 'limits'> &
    Partial<Pick<ExchangeSettings, 'backConnectPort' | 'pairTimeout'>> & {
      /** Whether back-connects are encrypted. */
      secured: boolean;
    },
): ExchangeSettings {
  const { secured, ...rest } = own;
  const backConnects = secured ? access.tls : undefined;
  const clients = access.clientTls;
  const tls =
    backConnects === undefined && clients === undefined ? undefined : { backConnects, clients };
  return {
    host: settings.host,
    backConnectPort: 0,
    tls,
    pairTimeout: settings.pairTimeout * 1000,
    halfCloseTimeout: settings.halfCloseTimeout * 1000,
    ...rest,
  };
}
