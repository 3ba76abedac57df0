import { useEffect, useId, useState } from 'preact/hooks';
import { addressParts } from '../../format/address.ts';
import { useCatalogue } from '../../hooks/use-catalogue.ts';
import { focusSearch } from '../../hooks/use-shortcuts.ts';
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
export function FilterBar(props: FilterBarProps) {
  const { filter, onChange } = props;
  const [clearances, setClearances] = useState(0);
  const clear = () => {
    setClearances(clearances + 1);
    onChange({});
  };
  return (
    <search class="filters">
      <Fields key={clearances} isFresh={clearances > 0} {...props} />
      {Object.keys(filter).length > 0 && (
        <div class="filters-clear">
          <Button kind="quiet" icon="close" onClick={clear}>
            Clear
          </Button>
        </div>
      )}
    </search>
  );
}

interface FieldsProps extends FilterBarProps {
  /** All others were cleared just now: the button that did it is gone, and the focus begins here. */
  readonly isFresh: boolean;
}

function Fields({ filter, onChange, statuses = false, calls = false, times = true, isFresh }: FieldsProps) {
  const set = (key: FilterKey) => (value: string) => onChange(withFilter(filter, key, value));
  useEffect(() => {
    if (isFresh) focusSearch();
  }, [isFresh]);
  return (
    <>
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
    </>
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
  // While someone is at the two times, neither of them need be one.
  const [isCustom, setCustom] = useState(false);
  const { last, since, until, ...others } = filter;
  const hasTwo = isCustom || since !== undefined || until !== undefined;
  const set = (key: 'since' | 'until') => (time: string) => {
    setCustom(true);
    onChange(withFilter(filter, key, time));
  };
  return (
    <>
      <Select
        label="Time"
        value={hasTwo ? CUSTOM : (last ?? '')}
        options={[
          { value: '', label: 'Any' },
          ...Object.entries(PERIODS).map(([value, { label }]) => ({ value, label })),
          { value: CUSTOM, label: 'From … until …' },
        ]}
        onChange={(value) => {
          setCustom(value === CUSTOM);
          onChange(
            value === CUSTOM
              ? { ...others, since: new Date(Date.now() - PERIODS['1h'].ms).toISOString() }
              : withFilter(others, 'last', value),
          );
        }}
      />
      {hasTwo && (
        <>
          <TimeInput label="From" value={since} onChange={set('since')} />
          <TimeInput label="Until" value={until} onChange={set('until')} />
        </>
      )}
    </>
  );
}

interface TimeInputProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly onChange: (value: string) => void;
}

/** While a part of it is typed it is no time, or the year 0002: what stands there counts once it has settled. */
function TimeInput({ label, value, onChange }: TimeInputProps) {
  const [text, setText] = useTyped(localInput(value), (settled) => onChange(fromLocalInput(settled)));
  return <Input label={label} type="datetime-local" value={text} onInput={setText} />;
}
