import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventsOf, factsOf, optionsOf, readPackets } from '../../support/ami-stream.ts';
import { differences, readExpectation } from '../../support/expectation.ts';

const recordings = globSync('test/fixtures/ami/*/*.ami')
  .sort()
  .map((file) => ({ name: `${file.split('/').at(-2)}/${basename(file, '.ami')}`, file }));

describe('recorded streams of a real Asterisk', () => {
  it.each(recordings)('$name gives exactly what it should', ({ file }) => {
    const expected = readExpectation(file.replace(/\.ami$/, '.json'));
    const events = eventsOf(factsOf(readPackets(file)), optionsOf(expected));
    expect(differences(expected, events)).toEqual([]);
  });
});
