import { useId } from 'preact/hooks';
import { addressParts } from '../../format/address.ts';
import { useCatalogue } from '../../hooks/use-catalogue.ts';
import { useTyped } from '../../hooks/use-typed.ts';
import { Button } from '../../parts/button.tsx';
import { Input, Select } from '../../parts/field.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { fromLocalInput, localInput, PERIODS } from '../../route/period.ts';
import { type Filter, type FilterKey, withFilter } from '../../route/route.ts';
import { useSubscriptions } from '../../session/subscriptions.tsx';
import { familiesOf } from '../subscriptions/patterns.ts';
import { DELIVERY_STATUSES } from '../words.ts';

interface FilterBarProps {
  readonly filter: Filter;
  readonly onChange: (filter: Filter) => void;
  /** Whether to ask for a status. */
  readonly statuses?: boolean;
  /** Whether to ask for a call. */
  readonly calls?: boolean;
  /** Whether to ask for a time. Default true. */
  readonly times?: boolean;
}

/** What a list is narrowed to; it stands in the address, so that it can be passed on. */
export function FilterBar({
  filter,
  onChange,
  statuses = false,
  calls = false,
  times = true,
}: FilterBarProps) {
  const set = (key: FilterKey) => (value: string) => onChange(withFilter(filter, key, value));
  return (
    <search class="filters">
      <TypeSearch value={filter.type ?? ''} onChange={set('type')} />
      <SubscriptionSelect value={filter.subscription ?? ''} onChange={set('subscription')} />
      {statuses && (
        <Select
          label="Status"
          value={filter.status ?? ''}
          options={[{ value: '', label: 'Any' }, ...DELIVERY_STATUSES]}
          onChange={set('status')}
        />
      )}
      {calls && <CallField value={filter.call_id ?? ''} onChange={set('call_id')} />}
      {times && <TimeFields filter={filter} onChange={onChange} />}
      {Object.keys(filter).length > 0 && (
        <div class="filters-clear">
          <Button kind="quiet" icon="close" onClick={() => onChange({})}>
            Clear
          </Button>
        </div>
      )}
    </search>
  );
}

interface ValueProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** A type or a pattern such as `call.*`. */
function TypeSearch({ value, onChange }: ValueProps) {
  const [text, setText] = useTyped(value, onChange);
  const catalogue = useCatalogue();
  const list = useId();
  const types = catalogue.value ?? [];
  return (
    <div class="filters-search">
      <SearchField
        label="Event type"
        placeholder="call.*"
        labelled
        value={text}
        onInput={setText}
        list={list}
      />
      <datalist id={list}>
        {familiesOf(types).map(({ pattern }) => (
          <option key={pattern} value={pattern} />
        ))}
        {types.map(({ event_type }) => (
          <option key={event_type} value={event_type} />
        ))}
      </datalist>
    </div>
  );
}

function CallField({ value, onChange }: ValueProps) {
  const [text, setText] = useTyped(value, onChange);
  return <Input label="Call id" value={text} onInput={setText} placeholder="Any" mono />;
}

function SubscriptionSelect({ value, onChange }: ValueProps) {
  const { all = [], byId } = useSubscriptions();
  const isUnknown = value !== '' && byId(value) === undefined;
  return (
    <Select
      label="Subscription"
      value={value}
      options={[
        { value: '', label: 'Any' },
        ...all.map(({ id, url, description }) => ({ value: id, label: description ?? nameOf(url) })),
        ...(isUnknown ? [{ value, label: value }] : []),
      ]}
      onChange={onChange}
    />
  );
}

function nameOf(url: string): string {
  const { host, rest } = addressParts(url);
  return `${host}${rest}`;
}

const CUSTOM = 'custom';

/** A period that ends now, or from one time to another. */
function TimeFields({ filter, onChange }: Pick<FilterBarProps, 'filter' | 'onChange'>) {
  const { last, since, until, ...others } = filter;
  const isCustom = since !== undefined || until !== undefined;
  return (
    <>
      <Select
        label="Time"
        value={isCustom ? CUSTOM : (last ?? '')}
        options={[
          { value: '', label: 'Any' },
          ...Object.entries(PERIODS).map(([value, { label }]) => ({ value, label })),
          { value: CUSTOM, label: 'From … until …' },
        ]}
        onChange={(value) =>
          onChange(
            value === CUSTOM
              ? { ...others, since: new Date(Date.now() - PERIODS['1h'].ms).toISOString() }
              : withFilter(others, 'last', value),
          )
        }
      />
      {isCustom && (
        <>
          <Input
            label="From"
            type="datetime-local"
            value={localInput(since)}
            onInput={(text) => onChange(withFilter(filter, 'since', fromLocalInput(text)))}
          />
          <Input
            label="Until"
            type="datetime-local"
            value={localInput(until)}
            onInput={(text) => onChange(withFilter(filter, 'until', fromLocalInput(text)))}
          />
        </>
      )}
    </>
  );
}
