/** What sources tell of registrations; free of any PBX's wire names. */
export type RegistrationFact = never;
