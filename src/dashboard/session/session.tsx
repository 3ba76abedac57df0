import { type ComponentChildren, createContext } from 'preact';
import { useContext, useMemo, useRef, useState } from 'preact/hooks';
import { type ApiClient, createClient } from '../../api/client.ts';
import { forgetToken, keepToken, keptToken } from './token.ts';

/** Whether the service answers: what the last request met. */
type Reach = 'ok' | 'unreachable' | 'failing';

interface Session {
  readonly api: ApiClient;
  /** Grows with each login: what was loaded before it is loaded again. */
  readonly generation: number;
  /** The service asked for a token, or refused the one that it got. */
  readonly asking: 'no' | 'first' | 'refused';
  readonly hasToken: boolean;
  readonly reach: Reach;
  /** Goes on with this token, once the service takes it; rejects as a call does where it does not. */
  signIn(token: string, keep: boolean): Promise<void>;
  /** Forgets the token and all that was shown. */
  signOut(): void;
  /** Loads again what is shown. */
  retry(): void;
}

const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('There is no session around this');
  return session;
}

export function useApi(): ApiClient {
  return useSession().api;
}

/** Beside the page, whatever prefix it is served under: from `/pbx/webhooks/` it is `/pbx/api/webhooks`. */
const BASE_URL = new URL('../api/webhooks', document.baseURI).href;

export function SessionProvider({ children }: { readonly children: ComponentChildren }) {
  const [token, setToken] = useState(keptToken);
  const [generation, setGeneration] = useState(0);
  const [asking, setAsking] = useState<Session['asking']>('no');
  const [reach, setReach] = useState<Reach>('ok');
  const current = useRef(token);

  const api = useMemo(() => {
    const refused = () => {
      // An answer to what was asked before the login says nothing any more.
      if (current.current === token) setAsking(token === undefined ? 'first' : 'refused');
    };
    return createClient({
      baseUrl: BASE_URL,
      ...(token !== undefined && { token }),
      fetch: (input, init) => watchedFetch(input, init, setReach, refused),
    });
  }, [token]);

  const session = useMemo<Session>(() => {
    const again = () => setGeneration((before) => before + 1);
    return {
      api,
      generation,
      asking,
      hasToken: token !== undefined,
      reach,
      async signIn(next, keep) {
        await createClient({ baseUrl: BASE_URL, token: next }).call('GET /');
        if (keep) keepToken(next);
        else forgetToken();
        setAsking('no');
        current.current = next;
        setToken(next);
        again();
      },
      signOut() {
        forgetToken();
        location.reload();
      },
      retry: again,
    };
  }, [api, token, generation, asking, reach]);

  return <SessionContext.Provider value={session}>{children}</SessionContext.Provider>;
}

/** A request that tells what it met; one that was given up on tells nothing. */
async function watchedFetch(
  input: string | URL | Request,
  init: RequestInit | undefined,
  reached: (reach: Reach) => void,
  refused: () => void,
): Promise<Response> {
  try {
    const response = await fetch(input, init);
    reached(response.status >= 500 ? 'failing' : 'ok');
    if (response.status === 401) refused();
    return response;
  } catch (error) {
    if (!init?.signal?.aborted) reached('unreachable');
    throw error;
  }
}
