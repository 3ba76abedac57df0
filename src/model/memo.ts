import type { PbxName } from './ids.ts';

/**
 * One thing that those who watch a PBX must know again after a restart, such as an open call. It is kept together
 * with the events that led to it, so that what was told and what is remembered never differ.
 */
export interface Memo {
  readonly pbx: PbxName;
  /** Unique for its PBX: `call:1795447161.0`. */
  readonly key: string;
  /** JSON; null once there is nothing to remember any more. */
  readonly state: string | null;
}
