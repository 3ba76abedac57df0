/** The part of an asterisk-manager object (0.2.0, or what behaves like it) that is used. */
export interface AsteriskManager {
  /** Where it connects to, as its constructor was told. */
  readonly options?: { readonly host?: unknown; readonly port?: unknown } | undefined;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  removeListener(event: string, listener: (...args: unknown[]) => void): unknown;
  /** Sends an action, or keeps it until the login; gives its ActionID, on which `callback` then listens once. */
  action(fields: object, callback: (...args: unknown[]) => void): unknown;
  /** Whether its socket is open; of the login it says nothing. */
  isConnected(): unknown;
}

export const MANAGER_METHODS = ['on', 'removeListener', 'action', 'isConnected'] as const;
