/** The token is kept for this tab at most: nothing of it outlives it, and no other tab sees it. */
const KEY = 'pbx-webhooks-token';

export function keptToken(): string | undefined {
  return storage()?.getItem(KEY) ?? undefined;
}

export function keepToken(token: string): void {
  storage()?.setItem(KEY, token);
}

export function forgetToken(): void {
  storage()?.removeItem(KEY);
}

/** A browser may have it switched off. */
function storage(): Storage | undefined {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
}
