export type Level = 'debug' | 'info' | 'warn' | 'error';

/** Writes one entry: a sentence for people, and the same as fields for programs. */
export type Log = (level: Level, sentence: string, fields?: Record<string, unknown>) => void;

interface LogSettings {
  log: 'pretty' | 'json';
  verbose: boolean;
}

/** Warnings and errors go to stderr and the rest to stdout; JSON all goes to stdout. */
export async function createLog({ log, verbose }: LogSettings): Promise<Log> {
  const write = log === 'json' ? writeJson : await createPretty();
  process.on('exit', sendOff);
  return (level, sentence, fields) => {
    if (level === 'debug' && !verbose) return;
    gather();
    write(level, sentence, fields);
  };
}

/** What is said of one of several services. */
export function ofService(log: Log, service: string): Log {
  return (level, sentence, fields) => log(level, `${service}: ${sentence}`, { ...fields, service });
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

const writeJson: Log = (level, message, fields) => {
  const entry = { time: new Date().toISOString(), level, message, ...fields };
  process.stdout.write(`${JSON.stringify(entry)}\n`);
};

async function createPretty(): Promise<Log> {
  // What measures and colours text takes a while to load, and only a terminal shows it.
  const fancy = process.stdout.isTTY === true;
  const { createConsola, LogLevels } = await (fancy ? import('consola') : import('consola/basic'));
  // consola folds repeated lines into one after a while; each of ours counts.
  const pretty = createConsola({ level: LogLevels.debug, throttle: 0, fancy });
  return (type, sentence) => pretty[type](sentence);
}
