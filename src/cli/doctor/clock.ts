import { type Finding, failed, ok, warning } from './finding.ts';

/** Milliseconds from which on a difference shows, and from which on signatures begin to fail. */
const WORTH_A_WORD_MS = 2_000;
const TOO_FAR_MS = 60_000;

/** @param within milliseconds by which `aheadMs` may be wrong. */
export function clockFinding(whose: string, aheadMs: number, within: number): Finding {
  const off = Math.max(0, Math.abs(aheadMs) - within);
  if (off < WORTH_A_WORD_MS) return ok('clock', `the clock of ${whose} agrees with this machine’s`);
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  const saw = `the clock of ${whose} is ${lengthOf(seconds)} ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine’s`;
  const fix = 'let both follow a time server: timedatectl set-ntp true, or chrony (in a container: its host)';
  return off < TOO_FAR_MS ? warning('clock_off', saw, fix) : failed('clock_off', saw, fix);
}

function lengthOf(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}
