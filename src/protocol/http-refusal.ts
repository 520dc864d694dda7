import type { RequestFault } from './http-head.ts';

/** Why a request gets no further. `unknown`: no service has that name. `away`: nobody is there to serve it. */
export type HttpRefusal = RequestFault | 'unknown' | 'away' | 'timeout';

/** Seconds after which it is worth trying again. */
const RETRY_AFTER = 5;

const VERSIONS = 'This port speaks HTTP/1.1, and HTTP/2 only where the service brings its own TLS.';

const REFUSALS: Record<Exclude<HttpRefusal, 'http2'>, { status: string; text: string }> = {
  'bad-request': {
    status: '400 Bad Request',
    text: 'This request is not clear enough to be passed on.',
  },
  unknown: { status: '404 Not Found', text: 'There is no service of this name here.' },
  timeout: { status: '408 Request Timeout', text: 'The head of the request took too long.' },
  'head-too-large': {
    status: '431 Request Header Fields Too Large',
    text: 'The head of the request is too large.',
  },
  away: {
    status: '502 Bad Gateway',
    text: 'The service of this name is not there at the moment. Try again later.',
  },
  'http-version': { status: '505 HTTP Version Not Supported', text: VERSIONS },
};

/**
 * What the client is told, as the last thing on its connection. Nothing of the request is in it.
 *
 * @param method - of the request, as far as it is known
 */
export function formatRefusal(refusal: HttpRefusal, method?: string): Buffer {
  if (refusal === 'http2') return formatGoaway(VERSIONS);
  const { status, text } = REFUSALS[refusal];
  const page = `${text}\n`;
  const head = [
    `HTTP/1.1 ${status}`,
    `Date: ${new Date().toUTCString()}`,
    'Connection: close',
    'Cache-Control: no-store',
    ...(refusal === 'away' ? [`Retry-After: ${RETRY_AFTER}`] : []),
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${page.length}`,
  ];
  // RFC 9110, 9.3.2: what answers HEAD says how long its content is, and has none.
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${method === 'HEAD' ? '' : page}`);
}

/** RFC 9113: types of frames, and an error that says what to do instead. */
const SETTINGS = 4;
const GOAWAY = 7;
const HTTP_1_1_REQUIRED = 13;

/** RFC 9113, 3.4 and 6.8: a server's first frame, and its last one. */
function formatGoaway(text: string): Buffer {
  const lastStream = [0, 0, 0, 0];
  const reason = [0, 0, 0, HTTP_1_1_REQUIRED];
  const goaway = Buffer.concat([Buffer.from([...lastStream, ...reason]), Buffer.from(text)]);
  return Buffer.concat([frame(SETTINGS, Buffer.alloc(0)), frame(GOAWAY, goaway)]);
}

/** Of the connection as a whole, without flags. */
function frame(type: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  return Buffer.concat([header, payload]);
}
