import { useId } from 'preact/hooks';
import { Icon } from './icon.tsx';

interface SearchFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly placeholder?: string;
  /** Whether the label shows. Default false. */
  readonly labelled?: boolean;
  /** Id of a `<datalist>`. */
  readonly list?: string;
}

/** What `/` leads to. */
export function SearchField({
  label,
  value,
  onInput,
  placeholder,
  labelled = false,
  list,
}: SearchFieldProps) {
  const id = useId();
  return (
    <div class="field search-field">
      <label class={labelled ? undefined : 'visually-hidden'} htmlFor={id}>
        {label}
      </label>
      <div class="search">
        <Icon name="search" />
        <input
          id={id}
          type="search"
          value={value}
          placeholder={placeholder ?? label}
          list={list}
          autoComplete="off"
          spellcheck={false}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      </div>
    </div>
  );
}
