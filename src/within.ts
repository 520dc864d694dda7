/**
 * What comes of something, if it does before so many milliseconds are over. Rejects with `ETIMEDOUT` otherwise; what
 * comes of it after that is nobody's.
 */
export async function within<T>(milliseconds: number, outcome: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = Object.assign(new Error('it took too long'), { code: 'ETIMEDOUT' });
    timer = setTimeout(() => reject(error), milliseconds);
  });
  return Promise.race([outcome, late]).finally(() => clearTimeout(timer));
}
