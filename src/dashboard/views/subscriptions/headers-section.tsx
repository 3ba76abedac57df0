import { Button, IconButton } from '../../parts/button.tsx';
import { Fold } from '../../parts/fold.tsx';
import type { HeaderRow } from './form.ts';
import type { SectionProps } from './subscription-form.tsx';

interface HeadersSectionProps extends SectionProps {
  /** Of those that it has, whose values are never shown. */
  readonly names: readonly string[];
}

const EMPTY: HeaderRow = { name: '', value: '' };

/** What is sent beside our own headers. */
export function HeadersSection({ form, set, problems, names }: HeadersSectionProps) {
  const { headers } = form;
  const error = problems.at('headers');
  return (
    <Fold title="Headers" note={names.length > 0 ? names.join(', ') : undefined} open={error !== undefined}>
      <div class="stack">
        {headers === undefined ? (
          <div class="row">
            <p>
              It sends <strong class="break">{names.join(', ')}</strong>. The values are never shown; to
              change one, all are set anew.
            </p>
            <Button onClick={() => set({ headers: names.map((name) => ({ name, value: '' })) })}>
              Set headers anew
            </Button>
          </div>
        ) : (
          <>
            {headers.map((row, index) => (
              <HeaderFields
                // biome-ignore lint/suspicious/noArrayIndexKey: a row is where it stands
                key={index}
                number={index + 1}
                row={row}
                change={(changed) =>
                  set({ headers: headers.map((each, place) => (place === index ? changed : each)) })
                }
                remove={() => set({ headers: headers.filter((_, place) => place !== index) })}
              />
            ))}
            <div>
              <Button icon="plus" onClick={() => set({ headers: [...headers, EMPTY] })}>
                Add header
              </Button>
            </div>
          </>
        )}
        {error && (
          <p class="field-error" role="alert">
            {error}
          </p>
        )}
      </div>
    </Fold>
  );
}

interface HeaderFieldsProps {
  readonly number: number;
  readonly row: HeaderRow;
  readonly change: (row: HeaderRow) => void;
  readonly remove: () => void;
}

function HeaderFields({ number, row, change, remove }: HeaderFieldsProps) {
  return (
    <div class="header-row">
      <input
        aria-label={`Name of header ${number}`}
        class="mono"
        placeholder="Authorization"
        value={row.name}
        autoComplete="off"
        spellcheck={false}
        onInput={(event) => change({ ...row, name: event.currentTarget.value })}
      />
      <input
        aria-label={`Value of header ${number}`}
        class="mono"
        placeholder="Bearer …"
        value={row.value}
        autoComplete="off"
        spellcheck={false}
        onInput={(event) => change({ ...row, value: event.currentTarget.value })}
      />
      <IconButton icon="trash" label={`Remove header ${number}`} onClick={remove} />
    </div>
  );
}
