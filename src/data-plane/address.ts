/** An IPv4 client of a dual-stack listener appears as `::ffff:a.b.c.d`: one form, so that addresses compare. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
