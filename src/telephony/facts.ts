/** What sources tell trackers: a small union, free of any PBX's wire names. */
export type Fact = { readonly kind: 'pbx.connected' };
