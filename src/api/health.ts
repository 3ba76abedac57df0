/** What `/readyz` tells: whether events are seen, stored and sent right now. */
export interface Health {
  readonly ready: boolean;
  readonly checks: readonly HealthCheck[];
}

export interface HealthCheck {
  /** Such as `engine` or `source main`. */
  readonly name: string;
  readonly ok: boolean;
  /** In words: the state, and why where it is not ok. */
  readonly state: string;
}
