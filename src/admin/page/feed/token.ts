/** Gone with the tab, and never sent but in a header. */
const KEY = 'admin-token';

export function keptToken(): string | null {
  return sessionStorage.getItem(KEY);
}

export function keepToken(token: string): void {
  sessionStorage.setItem(KEY, token);
}
