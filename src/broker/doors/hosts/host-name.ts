/** The name whose host that is, `<name>.<domain>`; undefined for any other host. Case and a dot at the end do not matter. */
export function nameOfHost(host: string, domain: string): string | undefined {
  const end = `.${domain.toLowerCase()}`;
  const plain = host.toLowerCase().replace(/\.$/, '');
  return plain.length > end.length && plain.endsWith(end) ? plain.slice(0, -end.length) : undefined;
}
