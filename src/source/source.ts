import type { PbxName } from '../model/ids.ts';
import type { Fact } from '../telephony/facts.ts';

/** Whether a source sees its PBX, and since when. */
export type SourceHealth =
  | { readonly state: 'connecting'; readonly reason?: string | undefined }
  | { readonly state: 'connected' }
  | { readonly state: 'stopped' };

/** What a source counted since it was started. */
export interface SourceCounts {
  /** Events of the PBX that came in, without those that nobody here needs. */
  readonly received: number;
  /** Milliseconds without sight of the PBX, the time up to the first login included. */
  readonly unseenMs: number;
}

/** Where events come from: turns what one PBX says on its wire into facts. */
export interface Source {
  readonly name: PbxName;
  /**
   * Begins to watch; returns at once and reconnects for ever until `stop`. `onFact` gets every fact in the
   * order in which the PBX told them; it must not throw and must not wait.
   */
  start(onFact: (fact: Fact) => void): void;
  /** Ends the connection, its timers and listeners; settles when nothing is left of them. */
  stop(): Promise<void>;
  health(): SourceHealth;
  counts(): SourceCounts;
}
