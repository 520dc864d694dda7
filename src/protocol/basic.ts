/** What the broker tells a registrant of the basic protocol for every client that arrives. */
export function formatNew(backConnectPort: number): string {
  return `[NEW] ${backConnectPort}\n`;
}

/** The port of a `[NEW]` line, or undefined for anything but a port in plain digits. */
export function parseNew(line: string): number | undefined {
  const digits = /^\[NEW\] ([1-9][0-9]{0,4})$/.exec(line)?.[1];
  const port = Number(digits);
  return port <= 65535 ? port : undefined;
}
