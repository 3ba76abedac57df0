import { expect, it } from 'vitest';
import { settled } from './rig/find.ts';
import { describeInBrowser } from './rig/stage.ts';

/** Each would leave a mark in the page if it were taken for more than text. */
const HOSTILE = [
  '<img src=x onerror="globalThis.owned=1">',
  '<script>globalThis.owned=1</script>',
  '"><svg onload=globalThis.owned=1>',
  'javascript:globalThis.owned=1',
  '\u202egnp.exe\u001b[31m',
].join(' ');
/** What no text of the page is made of. */
const MADE = 'main script, main img, main b, main svg[onload], main [href^="javascript:"]';

describeInBrowser('what strangers say', { max_retries: 1, api: { port: 0 } }, (stage) => {
  it('shows as text wherever it stands: names of callers, answers, headers, notes', async () => {
    const id = await stage.subscribe('/crm?"><b>', { description: HOSTILE.slice(0, 200) });
    stage.receiver.behaviour = (response) => {
      response.writeHead(500, { 'Content-Type': 'text/html', 'X-Hostile': '<b>"\'</b>' }).end(HOSTILE);
    };
    await stage.tell('<b>call</b>/../1', ['call.started'], {
      caller_name: HOSTILE,
      from_extension: '<b>1001',
    });
    const { items } = await stage.running.api.call('GET /deliveries', {});
    const [delivery] = items;
    const callId = encodeURIComponent('<b>call</b>/../1');
    const places = [
      '',
      '#/subscriptions',
      `#/subscriptions/${id}`,
      `#/subscriptions/${id}/edit`,
      '#/deliveries',
      `#/deliveries/${delivery?.id}`,
      '#/dead-letters',
      '#/calls',
      `#/calls/${callId}`,
      '#/live',
      `#/events/${delivery?.event_id}`,
      `#/deliveries?call_id=${callId}&type=${encodeURIComponent(HOSTILE)}`,
    ];
    const visit = await stage.visit();
    for (const place of places) {
      await visit.page.goto(stage.url(place));
      await settled(visit.page);
      const owned = await visit.page.evaluate('globalThis.owned');
      const made = await visit.page.locator(MADE).count();
      expect({ place, owned, made }).toEqual({ place, owned: undefined, made: 0 });
    }
    // No type has such a name.
    visit.forgive(/ 400 /);
  });
});
