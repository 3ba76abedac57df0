import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../util/log.ts';

/** What a request carries through the API; `incoming` is absent where no socket is behind it. */
export interface ApiEnv {
  Bindings: { incoming?: IncomingMessage; outgoing?: ServerResponse };
  Variables: {
    /** Whether who asks may know what is behind the API. */
    trusted: boolean;
    logger: Logger;
  };
}
