import { z } from 'zod';
import {
  callKeys,
  callSample,
  count,
  define,
  maybeCallKeys,
  party,
  pbxKeys,
  pbxSample,
  seconds,
  text,
} from './define.ts';

const page = {
  ...callKeys,
  page_id: text,
  paged_by: party.optional(),
  page_extension: text.optional(),
  targets: z.array(party),
};
const pageSample = {
  ...callSample,
  to_extension: '77',
  called_number: '77',
  page_id: '1701964800.42',
  paged_by: '1001',
  page_extension: '77',
  targets: ['1002', '1003'],
};

const participant = {
  ...maybeCallKeys,
  conference: text,
  participant: party.optional().describe('extension or number'),
  participant_name: text.optional(),
  channel_id: text.optional(),
};
const participantSample = {
  ...callSample,
  to_extension: '9000',
  called_number: '9000',
  conference: '9000',
  participant: '1001',
  participant_name: 'Alice Adams',
  channel_id: '1701964800.42',
};

/** Events of pages and conferences. */
export const roomTypes = [
  define(
    'paging.started',
    'A page is on the air, also with nobody listening yet.',
    z.looseObject(page),
    pageSample,
  ),
  define(
    'paging.ended',
    'A page is over.',
    z.looseObject({
      ...page,
      duration: seconds,
      answered_by: z.array(party).describe('those who took it'),
    }),
    { ...pageSample, duration: 8.4, answered_by: ['1002'] },
  ),
  define('conference.started', 'A conference room opened.', z.looseObject({ ...pbxKeys, conference: text }), {
    ...pbxSample,
    conference: '9000',
  }),
  define(
    'conference.ended',
    'A conference room closed.',
    z.looseObject({
      ...pbxKeys,
      conference: text,
      duration: seconds.optional(),
      participants_total: count,
      peak_participants: count,
    }),
    { ...pbxSample, conference: '9000', duration: 1800, participants_total: 5, peak_participants: 4 },
  ),
  define(
    'conference.participant_joined',
    'Someone joined a conference.',
    z.looseObject({ ...participant, admin: z.boolean(), muted: z.boolean(), participant_count: count }),
    { ...participantSample, admin: false, muted: false, participant_count: 1 },
  ),
  define(
    'conference.participant_left',
    'Someone left a conference, or was put out.',
    z.looseObject({ ...participant, participant_count: count, seconds_in: seconds }),
    { ...participantSample, participant_count: 0, seconds_in: 61 },
  ),
  define(
    'conference.participant_muted',
    'A participant of a conference was muted.',
    z.looseObject(participant),
    participantSample,
  ),
  define(
    'conference.participant_unmuted',
    'A participant of a conference can be heard again.',
    z.looseObject(participant),
    participantSample,
  ),
] as const;
