import type { PbxName } from '../model/ids.ts';

/** How a PBX's devices and numbers are told apart. */
export interface TelephonyOptions {
  readonly pbx: PbxName;
  /**
   * Endpoint names that are extensions. Default `^\d{2,6}$`. Where a device's endpoint has another name than its
   * extension, a first group picks the extension: `^(\d{4})(?:-webrtc)?$`.
   */
  readonly extensionPattern: RegExp;
  /** Endpoints that lead outside, as `trunk1` or `PJSIP/trunk1`; so does every one that is no extension. */
  readonly trunks: readonly string[];
  /** Numbers that page. */
  readonly pagingExtensions: readonly string[];
}

export const DEFAULT_EXTENSION_PATTERN = /^\d{2,6}$/;
