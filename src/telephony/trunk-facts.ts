import type { Micros } from '../util/clock.ts';
import type { AccountKind } from './registration-facts.ts';

/** A registration of the PBX itself with a provider, as the PBX names it; the three together are unique. */
export interface TrunkId {
  readonly accountKind: AccountKind;
  /** Account at the provider: `acct1`, or for PJSIP the client URI `sip:acct1@provider.example`. */
  readonly account: string;
  /** Host of the provider, or for PJSIP the server URI. */
  readonly server: string;
}

export interface TrunkState extends TrunkId {
  /** `ended`: given up by the PBX, maybe to register anew; `failed`: the provider refused, or does not answer. */
  readonly status: 'registered' | 'ended' | 'failed';
  /** Why it is not registered: `rejected`, `timeout`, `unregistered` …, or what the provider said. */
  readonly reason?: string | undefined;
}

export interface ListedTrunk extends TrunkState {
  /** The registration's own name in the PBX's configuration, where it has one. */
  readonly name?: string | undefined;
}

/** What sources tell of registrations with providers; free of any PBX's wire names. */
export type TrunkFact =
  /** How a registration stands now; told again at each refresh and each attempt. */
  | { readonly kind: 'trunk.told'; readonly at: Micros; readonly trunk: TrunkState }
  /** All registrations there are, of the kinds that could be asked for; asked for once on each connection. */
  | {
      readonly kind: 'trunks.listed';
      readonly at: Micros;
      readonly accountKinds: readonly AccountKind[];
      readonly trunks: readonly ListedTrunk[];
    };
