/** One event of a stream of server-sent events, of those fields that our broker sends. */
export interface StreamEvent {
  name: string;
  data: string;
}

/** No event is longer by far; what is has lost its end. */
const MAX_LINE = 64 * 1024 * 1024;

/**
 * The events of a stream (HTML Living Standard, 9.2). An EventSource would read them as well,
 * but cannot send a token along.
 */
export async function* eventsIn(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  let name = '';
  let data: string[] = [];
  for await (const line of linesIn(body)) {
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (line === '') {
      if (data.length > 0) yield { name: name || 'message', data: data.join('\n') };
      name = '';
      data = [];
    } else if (field === 'event') name = value;
    else if (field === 'data') data.push(value);
  }
}

async function* linesIn(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE) throw new Error('The broker sends a line without an end.');
      for (const line of lines) yield line.replace(/\r$/, '');
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
