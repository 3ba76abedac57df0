import { describe, expect, it, test } from 'vitest';
import { FAMILIES } from '../../../scripts/event-docs/families.ts';
import { eventDocs } from '../../../scripts/event-docs/render.ts';
import { EVENT_TYPES, GUIDE_TYPES, isEventType } from '../../../src/model/event-types.ts';

const docs = eventDocs();
const anchors = [...docs.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-'),
);

describe('docs/events.md', () => {
  it('has every type in one family', () => {
    expect(FAMILIES.flatMap(({ types }) => types).sort()).toEqual([...EVENT_TYPES].sort());
  });

  it('has one heading for each of its links', () => {
    const links = [...docs.matchAll(/\]\(#([\w-]+)\)/g)].map(([, anchor]) => anchor);
    expect(links.length).toBeGreaterThan(EVENT_TYPES.length);
    for (const link of links)
      expect(
        anchors.filter((anchor) => anchor === link),
        link,
      ).toHaveLength(1);
  });

  it('marks the types of the guide, and no other', () => {
    const marked = [...docs.matchAll(/^### (\S+)\n\n★ /gm)].map(([, type]) => type);
    expect(marked.sort()).toEqual([...GUIDE_TYPES].sort());
  });
});

describe.each(FAMILIES)('the diagram of $title', ({ diagram }) => {
  const [first, ...lines] = diagram.split('\n');
  const participants = new Set([...diagram.matchAll(/^ {2}participant (\w) as /gm)].map(([, id]) => id));

  test('is a sequence of messages between its participants', () => {
    expect(first).toBe('sequenceDiagram');
    for (const line of lines) {
      expect(line).toMatch(
        /^ +(participant \w as .+|alt .+|else .+|end|\w-?->>\w: .+|\w--x\w: .+|Note over \w(,\w)?: .+)$/,
      );
      const [, from, to] = /^ +(\w)-\S+(\w): /.exec(line) ?? [];
      if (from !== undefined)
        expect([participants.has(from), participants.has(to)], line).toEqual([true, true]);
    }
  });

  test('names events that there are', () => {
    const named = [...diagram.matchAll(/\b[a-z]+\.[a-z]+(?:_[a-z]+)*\b/g)].map(([type]) => type);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((type) => !isEventType(type))).toEqual([]);
  });
});
