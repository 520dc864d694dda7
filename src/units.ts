const STEP = 1024;

/** What would be rounded to four digits. */
const MOST = 999.5;

const SIZES = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export function count(number: number): string {
  return grouped.format(number);
}

/** Three digits are enough to look at: 7 B, 1.50 KiB, 15.0 KiB, 150 KiB, 0.98 MiB. */
export function bytes(number: number): string {
  let size = number;
  let step = 0;
  while (size >= MOST && step < SIZES.length - 1) {
    size /= STEP;
    step += 1;
  }
  const digits = step === 0 || size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return `${size.toFixed(digits)} ${SIZES[step]}`;
}

/** Of bytes in a second; nothing is said of what is not known. */
export function rate(perSecond: number | undefined): string {
  return perSecond === undefined ? '–' : `${bytes(perSecond)}/s`;
}

/** The two largest units of a time in seconds, of which nobody wants to read more. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < MINUTE) return `${s} s`;
  if (s < HOUR) return `${Math.floor(s / MINUTE)} min ${s % MINUTE} s`;
  if (s < DAY) return `${Math.floor(s / HOUR)} h ${Math.floor((s % HOUR) / MINUTE)} min`;
  return `${Math.floor(s / DAY)} d ${Math.floor((s % DAY) / HOUR)} h`;
}

export function several(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}
