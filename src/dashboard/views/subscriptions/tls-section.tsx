import { Input } from '../../parts/field.tsx';
import { Fold } from '../../parts/fold.tsx';
import type { SectionProps } from './subscription-form.tsx';

/** Beside the system's rules; paths of files on the machine of the service. */
export function TlsSection({ form, set, problems }: SectionProps) {
  return (
    <Fold title="TLS" open={problems.any('tls')}>
      <div class="stack">
        <p class="muted small">Paths of PEM files on the machine that the service runs on.</p>
        <div class="field-grid">
          <Input
            label="Authorities to trust"
            value={form.ca}
            onInput={(ca) => set({ ca })}
            error={problems.at('tls.ca')}
            placeholder="/etc/ssl/crm-ca.pem"
            mono
          />
          <Input
            label="Name that the certificate bears"
            value={form.serverName}
            onInput={(serverName) => set({ serverName })}
            error={problems.at('tls.server_name')}
            placeholder="crm.internal"
            mono
          />
          <Input
            label="Our certificate"
            value={form.cert}
            onInput={(cert) => set({ cert })}
            error={problems.at('tls.cert')}
            mono
          />
          <Input
            label="Its private key"
            value={form.key}
            onInput={(key) => set({ key })}
            error={problems.at('tls.key')}
            mono
          />
        </div>
      </div>
    </Fold>
  );
}
