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
  page_id: text.describe('the same in both events of one page'),
  paged_by: party.optional().describe('who speaks'),
  page_extension: text.optional().describe('number dialled to page'),
  targets: z.array(party).describe('extensions that are rung for it so far'),
};
const pageSample = {
  ...callSample,
  to_extension: '77',
  called_number: '77',
  page_id: '521780142',
  paged_by: '1001',
  page_extension: '77',
  targets: ['1002', '1003'],
};

const roomName = text.describe('name or number of the room');
const participantCount = count.describe('participants after it');
const participant = {
  ...maybeCallKeys,
  conference: roomName,
  participant: party.optional().describe('extension or number'),
  participant_name: text.optional().describe('name that the participant shows'),
  channel_id: text.optional().describe('tells two stays of one participant apart; Asterisk’s Uniqueid'),
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
      duration: seconds.describe('seconds on the air'),
      answered_by: z.array(party).describe('extensions that took it'),
    }),
    { ...pageSample, duration: 8.4, answered_by: ['1002'] },
  ),
  define(
    'conference.started',
    'A conference room opened.',
    z.looseObject({ ...pbxKeys, conference: roomName }),
    {
      ...pbxSample,
      conference: '9000',
    },
  ),
  define(
    'conference.ended',
    'A conference room closed.',
    z.looseObject({
      ...pbxKeys,
      conference: roomName,
      duration: seconds.optional().describe('seconds that it was open'),
      participants_total: count.describe('how often someone joined'),
      peak_participants: count.describe('most participants at once'),
    }),
    { ...pbxSample, conference: '9000', duration: 1800, participants_total: 5, peak_participants: 4 },
  ),
  define(
    'conference.participant_joined',
    'Someone joined a conference.',
    z.looseObject({
      ...participant,
      admin: z.boolean().describe('may administer the room'),
      muted: z.boolean().describe('enters muted'),
      participant_count: participantCount,
    }),
    { ...participantSample, admin: false, muted: false, participant_count: 1 },
  ),
  define(
    'conference.participant_left',
    'Someone left a conference, or was put out.',
    z.looseObject({
      ...participant,
      participant_count: participantCount,
      seconds_in: seconds.describe('seconds since joining'),
    }),
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
