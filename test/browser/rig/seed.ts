import { reply } from '../../support/receiver.ts';
import type { Stage } from './stage.ts';

/** Ids of what a stage shows. */
export interface Shown {
  readonly crm: string;
  readonly billing: string;
  readonly wallboard: string;
  readonly call: string;
  readonly event: string;
  readonly delivered: number;
  readonly dead: number;
}

const CALL = '1765108800.42';
const STORY = [
  'call.started',
  'call.ringing',
  'call.answered',
  'call.hold',
  'call.resume',
  'call.ended',
] as const;

/** Something of everything: a receiver that is well, one that fails and one that is disabled, and what they got. */
export async function showOff(stage: Stage): Promise<Shown> {
  const { api } = stage.running;
  const crm = await stage.subscribe('/crm/of/the/company/with/a/long/address', {
    description: 'Customer relationship management',
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    filter: { where: "data.direction = 'internal'" },
    headers: { 'X-Tenant': 'acme' },
  });
  const billing = await stage.subscribe('/billing', { description: 'Billing', events: ['call.ended'] });
  const wallboard = await stage.subscribe('/wallboard', { description: 'Wallboard', events: ['queue.*'] });
  await api.call('POST /{id}/disable', { path: { id: wallboard } });
  stage.receiver.behaviour = (response, request) => {
    const answer = request.url === '/billing' ? reply(500, '<h1>Internal Server Error</h1>') : reply(204);
    answer(response, request);
  };
  await stage.tell(CALL, STORY);
  await stage.tell('1765108800.43', ['call.started', 'call.missed', 'call.ended'], { direction: 'inbound' });
  await stage.tell('1765108800.44', ['queue.call_added']);
  await stage.ended(2, 'dead');
  await stage.ended(STORY.length + 1, 'delivered');
  const { items } = await api.call('GET /deliveries', { query: { status: 'dead' } });
  const [dead] = items;
  const [delivered] = (await api.call('GET /deliveries', { query: { status: 'delivered' } })).items;
  if (dead === undefined || delivered === undefined) throw new Error('nothing was sent');
  const event = dead.event_id;
  return { crm, billing, wallboard, call: CALL, event, delivered: delivered.id, dead: dead.id };
}
