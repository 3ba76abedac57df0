import { describe, expect, test } from 'vitest';
import { MAX_REPORT, parseRegInfo } from '../../../../src/source/sip/reg-info.ts';

describe('a registrar’s report', () => {
  test('is read whatever its comments, attributes and prefixes look like', () => {
    const xml =
      '<?xml version="1.0"?><!-- <a> --><r:reginfo version=\'3\' state="partial"><!-- - -->' +
      '<r:registration aor="sip:1001@h" note="a>b" state="active"><contact id="1" state="active" event="created"' +
      ' callid="c"><uri>sip:1@h<!-- x -->;ob</uri></contact><contact id="2"/></r:registration></r:reginfo>';
    expect(parseRegInfo(xml)).toMatchObject({
      version: 3,
      isFull: false,
      registrations: [
        {
          account: '1001',
          contacts: [{ id: '1', uri: 'sip:1@h;ob', isActive: true, device: 'c' }, { id: '2' }],
        },
      ],
    });
  });

  test.each(['<a ', '<a "', '<a b=\'"', '<!--', '<!-- -->', '<!', '<a>', 'a', 'a ', '&', '='])(
    'takes no longer than it is long: %j, over and over',
    (part) => {
      for (const text of [
        part.repeat(MAX_REPORT),
        `<${part.repeat(MAX_REPORT)}`,
        `<a ${part.repeat(MAX_REPORT)}>`,
      ]) {
        const start = performance.now();
        parseRegInfo(text.slice(0, MAX_REPORT - 1) + text.slice(-1));
        expect(performance.now() - start).toBeLessThan(500);
      }
    },
  );
});
