import { ApiProblem } from '../../api/client.ts';

/** What went wrong, for a person. */
export interface Trouble {
  /** One sentence: what is wrong and what to do. */
  readonly message: string;
  /** To branch on: the service's own code, or `unreachable`. */
  readonly code: string;
  /** Each rule that was broken, and where in the request. */
  readonly details: readonly { readonly path: string; readonly message: string }[];
}

/** Whether what was asked for is not there, or not any more. */
export function isGone(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 404;
}

export function problemOf(error: unknown): Trouble {
  if (error instanceof ApiProblem) {
    return { message: error.message, code: error.code, details: error.details };
  }
  return {
    message:
      'The service can’t be reached. Check that it runs and that this device is online, then try again.',
    code: 'unreachable',
    details: [],
  };
}
