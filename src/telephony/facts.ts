import type { PbxFact, RegistrationFact } from './registration-facts.ts';

/** What sources tell trackers: a small union, free of any PBX's wire names. */
export type Fact = PbxFact | RegistrationFact;
