type Header = (name: string) => string | undefined;

/**
 * Whether a page of another origin has sent this request. Browsers say so themselves
 * (Fetch Metadata), but to https and loopback only; what they have always said is `Origin`.
 * Programs say neither.
 */
export function isForeign(header: Header): boolean {
  const site = header('sec-fetch-site');
  // A proxy may have changed the Host since, so that nothing could be compared.
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const origin = header('origin');
  return origin !== undefined && hostOf(origin) !== header('host')?.toLowerCase();
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
