/** Octets of a name in `struct sockaddr_un` (unix(7)), with the zero octet that makes it abstract. */
const LENGTH = 108;

/**
 * The path that has Node listen on, or connect to, an abstract socket of Linux: its name is free as soon
 * as its process ends, however it does, and belongs to the network namespace, as ports do.
 *
 * As long as can be, since Node 20 fills names up with zero octets and later versions do not: processes
 * on both shall mean the same.
 *
 * @param name - ASCII, shorter than that
 */
export function abstractName(name: string): string {
  return `\0${name}`.padEnd(LENGTH, '-');
}
