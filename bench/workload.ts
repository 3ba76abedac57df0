import type { PbxEvent } from '../src/model/event.ts';
import { systemClock } from '../src/util/clock.ts';

/** Attempts in flight, of every side of a comparison. */
export const IN_FLIGHT = 64;
/** Events accepted and not delivered yet, of every side. */
export const OUTSTANDING = 256;
export const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

export const CALL: PbxEvent = {
  type: 'call.started',
  occurredAt: systemClock.now(),
  data: {
    call_id: '1765108800.12',
    from_extension: '1001',
    to_extension: '1002',
    timestamp: '2025-12-07T12:00:00Z',
    direction: 'internal',
    caller_name: 'Alice Example',
    caller_number: '1001',
    called_number: '1002',
    pbx: 'main',
    sequence: 1,
  },
};
