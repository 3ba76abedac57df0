import type { Clock } from '../util/clock.ts';
import { AddressGuard, endpointOf } from './address-guard.ts';
import { NameResolver, type ResolveName } from './name-resolver.ts';

/** Says before a subscription is saved whether its URL leads where nothing may be sent. */
export interface Admission {
  /** Why `url` is refused, and the setting that would allow it; undefined: it is not. */
  refusal(url: string): Promise<string | undefined>;
  /** Ends what is still being looked up. */
  stop(): void;
}

export interface AdmissionOptions {
  /** `network.allow`. */
  readonly allow: readonly string[];
  readonly clock: Clock;
  /** Default: the names of this machine and of DNS. */
  readonly resolve?: ResolveName | undefined;
}

/** How long whoever saves waits for a name, in milliseconds. */
const PATIENCE_MS = 2_000;

/**
 * A name that has no address now is let through: its receiver may come up later. What counts is what is checked again
 * at each connection; this tells who saves a mistake at once.
 */
export function createAdmission({ allow, clock, resolve }: AdmissionOptions): Admission {
  const guard = new AddressGuard(allow);
  const names = new NameResolver({ elapsedMs: () => clock.elapsedMs() });
  const find = resolve ?? ((host: string) => names.resolve(host));
  return {
    async refusal(url) {
      const endpoint = endpointOf(new URL(url));
      const refusal = guard.refusalOfHost(endpoint);
      if (refusal !== undefined || guard.decides(endpoint)) return refusal;
      const addresses = await inTime(find(endpoint.host), clock);
      const choice = guard.choose(endpoint, addresses);
      return choice.ok ? undefined : choice.message;
    },
    stop: () => names.stop(),
  };
}

function inTime(answer: Promise<readonly string[]>, clock: Clock): Promise<readonly string[]> {
  return new Promise((done) => {
    const timer = clock.after(PATIENCE_MS, () => done([]));
    const settle = (addresses: readonly string[]) => {
      timer.cancel();
      done(addresses);
    };
    answer.then(settle, () => settle([]));
  });
}
