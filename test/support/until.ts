/** Turns the event loop until something is so: for what moves without an event, such as counters. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
