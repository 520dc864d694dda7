/** Octets that the head of a request may have. */
export const LONGEST_HEAD = 16 * 1024;

/**
 * Whom a request is for. `bad-request`: it is none, or one that two readers might understand
 * differently. `http2`: HTTP/2 without TLS, known from its preface (RFC 9113, 3.4).
 * `http-version`: another one than HTTP/1.0 and HTTP/1.1. `head-too-large`: over {@link LONGEST_HEAD}.
 */
export type RequestHead = { host: string } | { fault: RequestFault };

export type RequestFault = 'bad-request' | 'http2' | 'http-version' | 'head-too-large';

const LINE_FEED = 0x0a;

/** RFC 9110, 5.6.2: what methods and the names of fields are made of. */
const TOKEN = "[\\w!#$%&'*+.^`|~-]+";

/** Other protocols need not send a line until they are known for such. */
const BEGINNING = new RegExp(`^(?:${TOKEN}|$)`);

/** RFC 9112, 3. Beyond the grammar, octets over 127 are let through, since browsers once sent them. */
const REQUEST_LINE = new RegExp(`^(${TOKEN}) ([\\x21-\\x7e\\x80-\\xff]+) HTTP/(\\d\\.\\d)$`);

/** RFC 9112, 5: no space before the colon, no line that goes on in the next one. */
const FIELD_LINE = new RegExp(
  `^(${TOKEN}):[\\t ]*((?:[\\x21-\\x7e\\x80-\\xff][\\t\\x20-\\x7e\\x80-\\xff]*)?)$`,
);

/** RFC 9110, 7.2. What is in brackets is an IPv6 address. */
const HOST = /^(\[[\da-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?[\t ]*$/i;

/** RFC 9112, 3.2: a path, the server as a whole, or a URL, whose host then counts. That of CONNECT is for proxies. */
const TARGET = /^(?:\/|\*$|[a-z][a-z\d+.-]*:\/\/([^/?#]*))/i;

/** Finds the host in the head of an HTTP/1 request at the beginning of a connection, of which it changes nothing. */
export class RequestHeadReader {
  #bytes: Buffer = Buffer.alloc(0);
  /** Where in them the first line begins that is not complete. */
  #lineAt = 0;
  #method: string | undefined;
  /** In the target. */
  #authority: string | undefined;
  /** What the fields of that name say. */
  readonly #hosts: string[] = [];

  /** All that was added, also behind the head. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** Undefined until the request line is there. */
  get method(): string | undefined {
    return this.#method;
  }

  /** To be called until there is an answer, which does not depend on how the bytes are cut. Never throws. */
  add(chunk: Buffer): RequestHead | undefined {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    for (;;) {
      const end = this.#bytes.indexOf(LINE_FEED, this.#lineAt);
      if (end < 0 || end >= LONGEST_HEAD) break;
      const line = this.#bytes.toString('latin1', this.#lineAt, end);
      this.#lineAt = end + 1;
      // A line feed alone ends a line for some and is part of it for others.
      const head = line.endsWith('\r') ? this.#read(line.slice(0, -1)) : fault('bad-request');
      if (head !== undefined) return head;
    }
    if (!BEGINNING.test(this.#bytes.toString('latin1', 0, 1))) return fault('bad-request');
    return this.#bytes.length < LONGEST_HEAD ? undefined : fault('head-too-large');
  }

  #read(line: string): RequestHead | undefined {
    if (this.#method === undefined) return this.#readRequestLine(line);
    if (line === '') return this.#conclude();
    const [, name, value = ''] = FIELD_LINE.exec(line) ?? [];
    if (name === undefined) return fault('bad-request');
    if (name.toLowerCase() === 'host') this.#hosts.push(value);
    return undefined;
  }

  #readRequestLine(line: string): RequestHead | undefined {
    const [, method, target = '', version] = REQUEST_LINE.exec(line) ?? [];
    if (method === undefined) return fault('bad-request');
    if (line === 'PRI * HTTP/2.0') return fault('http2');
    if (version !== '1.0' && version !== '1.1') return fault('http-version');
    const match = TARGET.exec(target);
    if (match === null) return fault('bad-request');
    this.#method = method;
    this.#authority = match[1];
    return undefined;
  }

  /** There has to be one such field even where the target counts (RFC 9112, 3.2). */
  #conclude(): RequestHead {
    const [field, ...others] = this.#hosts.map(hostOf);
    if (field === undefined || others.length > 0) return fault('bad-request');
    const host = this.#authority === undefined ? field : hostOf(this.#authority);
    return host === undefined ? fault('bad-request') : { host };
  }
}

function hostOf(value: string): string | undefined {
  return HOST.exec(value)?.[1];
}

function fault(fault: RequestFault): RequestHead {
  return { fault };
}
