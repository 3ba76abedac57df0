import type { Fact } from '../../src/telephony/facts.ts';
import { createTracker } from '../../src/telephony/tracker.ts';
import { micro } from '../../src/util/clock.ts';
import { TEST_OPTIONS } from '../../test/support/ami-stream.ts';
import { ofCalls, readRecordings, retold } from '../../test/support/fact-streams.ts';
import { alternate, type Bench, cpuRow, type Measured, measure } from '../harness.ts';

/** Calls at once. */
const AT_ONCE = 20;
const GROUPS = 150;

/** Whether a call costs the trackers more because others are open: 20 at once against one after the other. */
export const calls: Bench = {
  name: 'calls',
  async run({ rounds, scale }) {
    const groups = Math.max(1, Math.round(GROUPS * scale));
    const single = groupsOf(groups, 3_600);
    const together = groupsOf(groups, 0);
    const comparisons = await alternate(
      rounds,
      () => apply(together, groups * AT_ONCE),
      () => apply(single, groups * AT_ONCE),
    );
    return [cpuRow('a call among 20 at once, to one by itself', comparisons, 1.1)];
  },
};

function apply(facts: readonly Fact[], items: number): Promise<Measured> {
  return measure(items, async () => {
    const tracker = createTracker(TEST_OPTIONS, []);
    for (const fact of facts) {
      tracker.apply(fact);
      tracker.memos();
    }
  });
}

/** Recorded calls with ids of their own, `secondsApart` after each other, by the time of their facts. */
function groupsOf(groups: number, secondsApart: number): readonly Fact[] {
  const recorded = readRecordings()
    .filter(({ name }) => /^22\/(02a|05a|06a|07a|08a|10a|13b|13f)_/.test(name))
    .map(({ facts }) => ofCalls(facts));
  return Array.from({ length: groups }, (_, group) => {
    const begin = (group + 1) * AT_ONCE * 3_600 * 1_000_000;
    return Array.from({ length: AT_ONCE }, (_, n) => {
      const facts = recorded[(group + n) % recorded.length] ?? [];
      return retold(facts, group * AT_ONCE + n, micro(begin + n * secondsApart * 1_000_000));
    })
      .flat()
      .sort((a, b) => a.at - b.at);
  }).flat();
}
