/** Base of every expected failure that reaches a person: a literal `code` to branch on, and the cause kept. */
export abstract class CodedError<Code extends string> extends Error {
  readonly code: Code;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** The text of anything that was thrown. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === '') {
    return thrown.errors.map(reasonOf).join('; ');
  }
  return thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
}

/** `thrown` itself when it is an Error, else an Error that carries its text. */
export function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
