/** Dead letters are counted so far: beyond it nobody needs to know how many, and counting takes its time. */
export const MOST_COUNTED = 10_000;
