/** The part of asterisk-manager 0.2.0 that is used; it brings no types. */
declare module 'asterisk-manager' {
  import type { EventEmitter } from 'node:events';
  import type { NetConnectOpts } from 'node:net';

  interface Manager extends Pick<EventEmitter, 'on' | 'removeAllListeners'> {}

  /** Connects at once, with the options of `net.connect`; without a username it does not log in by itself. */
  const Manager: new (
    options: NetConnectOpts,
    host?: undefined,
    username?: string,
    password?: string,
    events?: boolean,
  ) => Manager;
  export default Manager;
}
