import { type ConsolaReporter, createConsola, LogLevels } from 'consola';

export type Level = 'debug' | 'info' | 'warn' | 'error';

/** Writes one entry: a sentence for people, and the same as fields for programs. */
export type Log = (level: Level, sentence: string, fields?: Record<string, unknown>) => void;

/** Warnings and errors go to stderr and the rest to stdout; JSON all goes to stdout. */
export function createLog(settings: { log: 'pretty' | 'json'; verbose: boolean }): Log {
  const write = createWriter(settings);
  process.on('exit', sendOff);
  return (type, sentence, fields) => {
    gather();
    write(type, sentence, fields);
  };
}

const STREAMS = [process.stdout, process.stderr];

/** Lines of one turn of the event loop share a write: a busy agent's main thread would spend a fifth of its time on them. */
function gather(): void {
  if (process.stdout.writableCorked > 0) return;
  for (const stream of STREAMS) stream.cork();
  setImmediate(sendOff);
}

function sendOff(): void {
  for (const stream of STREAMS) stream.uncork();
}

function createWriter(settings: { log: 'pretty' | 'json'; verbose: boolean }): Log {
  const level = settings.verbose ? LogLevels.debug : LogLevels.info;
  // consola folds repeated lines into one after a while; each of ours counts.
  const options = { level, throttle: 0 };
  if (settings.log === 'json') {
    const json = createConsola({ ...options, reporters: [jsonReporter] });
    return (type, sentence, fields) => json[type](sentence, fields);
  }
  const pretty = createConsola({ ...options, fancy: process.stdout.isTTY === true });
  return (type, sentence) => pretty[type](sentence);
}

const jsonReporter: ConsolaReporter = {
  log({ date, type, args: [message, fields] }) {
    const entry = { time: date.toISOString(), level: type, message, ...fields };
    process.stdout.write(`${JSON.stringify(entry)}\n`);
  },
};
