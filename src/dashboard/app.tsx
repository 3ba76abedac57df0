import { ToastProvider } from './parts/toasts.tsx';
import { LiveProvider } from './session/live.tsx';
import { SessionProvider } from './session/session.tsx';
import { SubscriptionsProvider } from './session/subscriptions.tsx';
import { Shell } from './shell/shell.tsx';

export function App() {
  return (
    <SessionProvider>
      <ToastProvider>
        <LiveProvider>
          <SubscriptionsProvider>
            <Shell />
          </SubscriptionsProvider>
        </LiveProvider>
      </ToastProvider>
    </SessionProvider>
  );
}
