import type { ApiClient, RequestOf } from '../../../api/client.ts';
import { rangeOf } from '../../route/period.ts';
import type { Filter } from '../../route/route.ts';
import { chunksOf, type Selection } from './selection.ts';

/** What is done with those that are chosen; gives how many they were. */
export type Bulk = (
  api: ApiClient,
  selection: Selection,
  filter: Filter,
  onProgress: (count: number) => void,
) => Promise<number>;

/** Sends them again. */
export const retryChosen: Bulk = (api, selection, { subscription, type, ...times }, onProgress) => {
  const retry =
    (body: RequestOf<'POST /dead-letters/retry'>['body']): Step =>
    (tell) =>
      api.callWithProgress('POST /dead-letters/retry', { body }, tell);
  const types = type === undefined ? undefined : [type];
  return selection.kind === 'all'
    ? inTurn([retry({ subscription, types, ...rangeOf(times, Date.now()) })], onProgress)
    : inTurn(
        chunksOf(selection.ids).map((ids) => retry({ ids: [...ids] })),
        onProgress,
      );
};

/** Deletes them for good. */
export const deleteChosen: Bulk = (api, selection, { subscription, type, ...times }, onProgress) => {
  const remove =
    (query: RequestOf<'DELETE /dead-letters'>['query']): Step =>
    (tell) =>
      api.callWithProgress('DELETE /dead-letters', { query }, tell);
  return selection.kind === 'all'
    ? inTurn([remove({ subscription, type, ...rangeOf(times, Date.now()) })], onProgress)
    : inTurn(
        chunksOf(selection.ids).map((ids) => remove({ ids })),
        onProgress,
      );
};

type Step = (tell: (count: number) => void) => Promise<{ readonly count: number }>;

/** One after the other; the progress is that of all together. */
async function inTurn(steps: readonly Step[], onProgress: (count: number) => void): Promise<number> {
  let done = 0;
  for (const step of steps) {
    const { count } = await step((of) => onProgress(done + of));
    done += count;
    onProgress(done);
  }
  return done;
}
