/** The part of asterisk-manager 0.2.0 that hosts use; it brings no types. */
declare module 'asterisk-manager' {
  import type { EventEmitter } from 'node:events';
  import type { NetConnectOpts } from 'node:net';

  interface Manager extends Pick<EventEmitter, 'on' | 'removeListener' | 'removeAllListeners' | 'listeners'> {
    readonly options: { readonly host: string; readonly port: number | NetConnectOpts };
    action(fields: object, callback: (...args: unknown[]) => void): string;
    isConnected(): boolean | undefined;
    /** To be called before it is connected: later it does nothing. */
    keepConnected(): void;
    disconnect(callback?: () => void): void;
  }

  /** Connects at once, a port being short for the options of `net.connect`; without a username it does not log in. */
  const Manager: new (
    options: NetConnectOpts | number,
    host?: string,
    username?: string,
    password?: string,
    events?: boolean,
  ) => Manager;
  export default Manager;
}
