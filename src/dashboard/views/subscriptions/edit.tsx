import { useState } from 'preact/hooks';
import { useLoad } from '../../hooks/use-load.ts';
import { LoadFailed } from '../../parts/notice.tsx';
import { PageHead } from '../../parts/page.tsx';
import { Skeleton } from '../../parts/skeleton.tsx';
import { useToast } from '../../parts/toasts.tsx';
import { navigate } from '../../route/use-route.ts';
import { useApi } from '../../session/session.tsx';
import { useSubscriptions } from '../../session/subscriptions.tsx';
import type { Subscription } from '../../types.ts';
import { bodyOf, type Form, formOf, NEW_FORM, patchOf } from './form.ts';
import { newSecret } from './new-secret.ts';
import { SecretDialog } from './secret-dialog.tsx';
import { SubscriptionForm } from './subscription-form.tsx';

/** A secret that is shown this once, and whose it is. */
interface Fresh {
  readonly id: string;
  readonly secret: string;
}

export function NewSubscription() {
  const { put } = useSubscriptions();
  const api = useApi();
  const tell = useToast();
  const [fresh, setFresh] = useState<Fresh>();

  const save = async (form: Form) => {
    const secret = form.signing === 'new' ? newSecret() : undefined;
    const { subscription, message } = await api.call('POST /', { body: bodyOf(signedWith(form, secret)) });
    put(subscription);
    tell(message);
    if (secret === undefined) navigate({ view: 'subscription', id: subscription.id });
    else setFresh({ id: subscription.id, secret });
  };

  return (
    <>
      <PageHead title="Add subscription" up={{ label: 'Subscriptions', route: { view: 'subscriptions' } }}>
        Where events are sent, which of them, and how.
      </PageHead>
      <SubscriptionForm
        initial={NEW_FORM}
        save={save}
        submit="Add subscription"
        cancel={{ view: 'subscriptions' }}
      />
      {fresh && <FreshSecret fresh={fresh} />}
    </>
  );
}

export function EditSubscription({ id }: { readonly id: string }) {
  const api = useApi();
  const loaded = useLoad(`subscription ${id}`, (signal) => api.call('GET /{id}', { path: { id }, signal }));
  return (
    <>
      <PageHead
        title="Edit subscription"
        up={{
          label: loaded.value?.description ?? loaded.value?.url ?? 'Subscription',
          route: { view: 'subscription', id },
        }}
      />
      {loaded.value !== undefined && <Editor key={id} subscription={loaded.value} />}
      {loaded.value === undefined && loaded.error === undefined && <Skeleton lines={8} />}
      {loaded.value === undefined && loaded.error !== undefined && (
        <LoadFailed error={loaded.error} retry={loaded.reload} />
      )}
    </>
  );
}

function Editor({ subscription }: { readonly subscription: Subscription }) {
  const { put } = useSubscriptions();
  const api = useApi();
  const tell = useToast();
  const [fresh, setFresh] = useState<Fresh>();
  const { id } = subscription;

  const save = async (form: Form) => {
    const secret = form.signing === 'new' ? newSecret() : undefined;
    const body = patchOf(subscription, signedWith(form, secret));
    put(await api.call('PATCH /{id}', { path: { id }, body }));
    tell('Subscription saved');
    if (secret === undefined) navigate({ view: 'subscription', id });
    else setFresh({ id, secret });
  };

  return (
    <>
      <SubscriptionForm
        initial={formOf(subscription)}
        before={subscription}
        save={save}
        submit="Save"
        cancel={{ view: 'subscription', id }}
      />
      {fresh && <FreshSecret fresh={fresh} />}
    </>
  );
}

function signedWith(form: Form, secret: string | undefined): Form {
  return secret === undefined ? form : { ...form, signing: 'own', secret };
}

function FreshSecret({ fresh: { id, secret } }: { readonly fresh: Fresh }) {
  return <SecretDialog secret={secret} onClose={() => navigate({ view: 'subscription', id })} />;
}
