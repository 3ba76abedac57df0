import type { EventFields } from './fields.ts';

export type Fact = readonly [label: string, value: string];

/** Chat services take ten fields at most (Slack) or look best with few. */
export const MAX_FACTS = 10;

/** What people want to know beside the headline, most wanted first. Times are seconds. */
const LABELS: readonly (readonly [key: string, label: string, unit?: 'seconds'])[] = [
  ['direction', 'Direction'],
  ['queue', 'Queue'],
  ['agent_extension', 'Agent'],
  ['answered_by', 'Answered by'],
  ['disposition', 'Result'],
  ['reason', 'Reason'],
  ['duration', 'Duration', 'seconds'],
  ['billsec', 'Talked for', 'seconds'],
  ['talk_seconds', 'Talked for', 'seconds'],
  ['wait_seconds', 'Waited for', 'seconds'],
  ['ring_seconds', 'Rang for', 'seconds'],
  ['hold_seconds', 'Held for', 'seconds'],
  ['parked_seconds', 'Parked for', 'seconds'],
  ['seconds_in', 'Stayed for', 'seconds'],
  ['position', 'Position'],
  ['waiting_count', 'Callers waiting'],
  ['transfer_type', 'Transfer'],
  ['transferred_party', 'Transferred party'],
  ['parked_by', 'Parked by'],
  ['parking_lot', 'Parking lot'],
  ['hangup_by', 'Hung up by'],
  ['hangup_cause_text', 'Cause'],
  ['new_count', 'New messages'],
  ['old_count', 'Old messages'],
  ['folder', 'Folder'],
  ['participant_count', 'Participants'],
  ['participants_total', 'Joined in all'],
  ['peak_participants', 'Most at once'],
  ['targets', 'Paged extensions'],
  ['ip_address', 'Address'],
  ['user_agent', 'Device'],
  ['count', 'Failures'],
  ['did', 'Number dialled'],
  ['trunk', 'Trunk'],
  ['recording', 'Recording'],
  ['file_path', 'File'],
  ['call_id', 'Call'],
  ['pbx', 'PBX'],
];

/** At most {@link MAX_FACTS}; what the author of a `user.event` wrote comes first. */
export function factsOf(fields: EventFields): readonly Fact[] {
  const facts: Fact[] = [...fields.custom];
  for (const [key, label, unit] of LABELS) {
    const value = unit === 'seconds' ? spoken(fields.number(key)) : fields.text(key);
    if (value !== undefined) facts.push([label, value]);
  }
  return facts.slice(0, MAX_FACTS);
}

/** `66` is `1:06`, `5.8` is `6 s`. */
function spoken(seconds: number | undefined): string | undefined {
  if (seconds === undefined) return undefined;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (part: number) => String(part).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
