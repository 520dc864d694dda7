/** How an option is written on the command line, there behind two dashes, and in configuration files. */
export function dashed(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** What it is called in the environment. */
export function variableOf(key: string): string {
  return `RELAY_${dashed(key).replaceAll('-', '_').toUpperCase()}`;
}
