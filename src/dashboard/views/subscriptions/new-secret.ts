const BYTES = 32;

/**
 * A secret as the API makes them. Made here it goes with what is saved, so that not one event is sent unsigned; the API
 * never shows one that it has.
 */
export function newSecret(): string {
  return `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(BYTES))))}`;
}
