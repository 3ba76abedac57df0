import type { Fact } from '../telephony/facts.ts';
import type { Source } from './source.ts';

/** A source of a PBX whose calls another one tells: registrations remain. */
export function withoutCalls(source: Source): Source {
  return {
    name: source.name,
    start: (onFact) =>
      source.start((fact) => {
        if (!isOfCall(fact)) onFact(fact);
      }),
    stop: () => source.stop(),
    health: () => source.health(),
    counts: () => source.counts(),
  };
}

function isOfCall({ kind }: Fact): boolean {
  return /^(?:channel|dial|bridge|transfer)\./.test(kind);
}
