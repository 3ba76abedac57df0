import { ButtonLink } from '../../parts/button.tsx';
import { Card } from '../../parts/page.tsx';
import { Mark } from '../../parts/status.tsx';
import { hrefOf } from '../../route/route.ts';
import type { Matter } from './attention.ts';

export function AttentionList({ matters }: { readonly matters: readonly Matter[] }) {
  return (
    <Card title="Needs attention" flush>
      <ul class="list">
        {matters.map(({ key, tone, icon, title, text, route, action }) => (
          <li key={key} class="list-row">
            <Mark tone={tone} icon={icon} />
            <div class="list-text">
              <strong class="break">{title}</strong>
              <p class="muted small break">{text}</p>
            </div>
            {action !== '' && (
              <ButtonLink small href={hrefOf(route)}>
                {action}
              </ButtonLink>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}
