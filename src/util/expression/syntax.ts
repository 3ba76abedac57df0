import jsonata from 'jsonata';
import { z } from 'zod';
import { reasonOf } from '../error.ts';

const syntaxError = z.object({ message: z.string(), position: z.number() });

/** What is wrong with the syntax of an expression, and where; undefined when nothing is. */
export function expressionProblem(source: string): string | undefined {
  try {
    jsonata(source);
    return undefined;
  } catch (error) {
    const known = syntaxError.safeParse(error);
    return known.success
      ? `is not JSONata: ${known.data.message}, at character ${known.data.position}`
      : `is not JSONata: ${error instanceof RangeError ? 'it nests too deep' : reasonOf(error)}`;
  }
}
