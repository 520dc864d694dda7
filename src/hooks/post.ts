import { setTimeout as delay } from 'node:timers/promises';
import type { Deliver } from './hook.ts';

/** Milliseconds until the second try. */
const PAUSE = 500;

/** Bytes of an answer that are read, so that the connection can be used again. */
const MOST_READ = 64 * 1024;

const HEADERS = { 'content-type': 'application/json', 'user-agent': 'relay-broker' };

/** Sends events to a URL, each a second time if the first one fails. */
export function postTo(url: string): Deliver {
  return async (event, signal) => {
    const body = JSON.stringify(event);
    try {
      await post(url, body, signal);
    } catch {
      await delay(PAUSE, undefined, { signal });
      await post(url, body, signal);
    }
  };
}

/** An answer that points elsewhere is a failure: no other address is ever dialled. */
async function post(url: string, body: string, signal: AbortSignal): Promise<void> {
  const request = { method: 'POST', headers: HEADERS, body, redirect: 'manual', signal } as const;
  const response = await fetch(url, request).catch((error: Error) => {
    // "fetch failed" tells nobody anything.
    throw error.cause ?? error;
  });
  let read = 0;
  for await (const chunk of response.body ?? []) {
    read += chunk.length;
    if (read > MOST_READ) break;
  }
  if (!response.ok) throw new Error(`it answered with status ${response.status}`);
}
