import type { ProblemDetail as ApiProblemDetail, ProblemCode } from '../problem.ts';

export type { ProblemDetail as ApiProblemDetail } from '../problem.ts';

export type ApiProblemCode =
  | ProblemCode
  /** No answer came. */
  | 'unreachable'
  /** What answered is not this API, or the answer broke off. */
  | 'unexpected_answer';

/** Why a call had no success. */
export class ApiProblem extends Error {
  /** HTTP status that came; 0 when none did. */
  readonly status: number;
  readonly code: ApiProblemCode;
  readonly details: readonly ApiProblemDetail[];

  constructor(
    status: number,
    { code, error, details = [] }: ProblemBody,
    options?: { readonly cause?: unknown },
  ) {
    super(error, options);
    this.name = 'ApiProblem';
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

interface ProblemBody {
  readonly code: ApiProblemCode;
  readonly error: string;
  readonly details?: readonly ApiProblemDetail[] | undefined;
}

/** What an answer holds; throws where that is no JSON. */
export function jsonOf(status: number, text: string) {
  try {
    return JSON.parse(text);
  } catch {
    throw problemOf(status, text);
  }
}

/** The problem that a text tells, as the API writes one. */
export function problemOf(status: number, text: string): ApiProblem {
  const body = parsed(text);
  return isProblemBody(body)
    ? new ApiProblem(status, body)
    : new ApiProblem(status, {
        code: 'unexpected_answer',
        error: `The answer (status ${status}) is not from the webhooks API: ${text.trim().slice(0, 100)}`,
      });
}

export function isProblemBody(body: unknown): body is ProblemBody {
  return (
    typeof body === 'object' &&
    body !== null &&
    'code' in body &&
    typeof body.code === 'string' &&
    'error' in body &&
    typeof body.error === 'string'
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
