import type { Trouble } from '../../session/trouble.ts';

/** What is wrong, by where in the body it is. */
export class FieldProblems {
  readonly #messages: ReadonlyMap<string, string>;

  constructor(messages: ReadonlyMap<string, string>) {
    this.#messages = messages;
  }

  static of(trouble: Trouble | undefined): FieldProblems {
    return new FieldProblems(new Map(trouble?.details.map(({ path, message }) => [path, message])));
  }

  /** The first problem at `path` or below it, such as `events.2` for `events`. */
  at(path: string): string | undefined {
    for (const [where, message] of this.#messages) {
      if (where === path || where.startsWith(`${path}.`)) return message;
    }
    return undefined;
  }

  /** Whether one of these paths has one. */
  any(...paths: readonly string[]): boolean {
    return paths.some((path) => this.at(path) !== undefined);
  }
}
