/** A listener that was opened for this process before it started. */
export interface ActivatedListener {
  descriptor: number;
  /** What its unit calls it (`FileDescriptorName=`). */
  name: string;
}

/** What systemd tells a service by its environment. */
export interface ServiceEnvironment {
  /** Where it wants to hear of the service's state. */
  notifySocket: string | undefined;
  /** Milliseconds without a sign of life after which it takes the service for dead. */
  watchdog: number | undefined;
  listeners: ActivatedListener[];
}

/** The first descriptor handed over, SD_LISTEN_FDS_START. */
const FIRST = 3;

/** Descriptors that a process can have, fs.nr_open of proc(5): who says more hands none over. */
const MOST = 2 ** 20;

/** Milliseconds: a longer timer of Node's would go off at once. */
const LONGEST_WATCH = 2 ** 31 - 1;

const VARIABLES = [
  'NOTIFY_SOCKET',
  'WATCHDOG_USEC',
  'WATCHDOG_PID',
  'LISTEN_FDS',
  'LISTEN_PID',
  'LISTEN_FDNAMES',
  'LISTEN_PIDFDID',
];

/**
 * Reads it as sd_notify(3), sd_watchdog_enabled(3) and sd_listen_fds(3) do, and removes
 * it: the programs that this one starts are not meant. The descriptors themselves are closed
 * in those by Node, which at its start marks all it has inherited.
 */
export function takeServiceEnvironment(
  environment: NodeJS.ProcessEnv = process.env,
  pid = process.pid,
): ServiceEnvironment {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID, LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } =
    environment;
  for (const variable of VARIABLES) delete environment[variable];
  const isWatched = WATCHDOG_PID === undefined || WATCHDOG_PID === `${pid}`;
  const names = LISTEN_FDNAMES?.split(':') ?? [];
  const count = LISTEN_PID === `${pid}` ? wholeNumber(LISTEN_FDS) : 0;
  const patience = isWatched ? Math.min(wholeNumber(WATCHDOG_USEC) / 1000, LONGEST_WATCH) : 0;
  return {
    notifySocket: NOTIFY_SOCKET || undefined,
    watchdog: patience || undefined,
    listeners: Array.from({ length: count <= MOST ? count : 0 }, (_, n) => ({
      descriptor: FIRST + n,
      name: names[n] ?? 'unknown',
    })),
  };
}

function wholeNumber(text = ''): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}
