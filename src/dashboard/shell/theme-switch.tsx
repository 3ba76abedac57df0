import { useState } from 'preact/hooks';
import { Icon, type IconName } from '../parts/icon.tsx';
import { currentTheme, setTheme, THEMES, type Theme } from '../session/theme.ts';

const LOOKS: Readonly<Record<Theme, { readonly icon: IconName; readonly label: string }>> = {
  system: { icon: 'system', label: 'As the system' },
  light: { icon: 'sun', label: 'Light' },
  dark: { icon: 'moon', label: 'Dark' },
};

export function ThemeSwitch() {
  const [theme, choose] = useState(currentTheme);
  return (
    <fieldset class="segments">
      <legend class="visually-hidden">Colours</legend>
      {THEMES.map((each) => (
        <button
          type="button"
          key={each}
          aria-label={LOOKS[each].label}
          title={LOOKS[each].label}
          aria-pressed={each === theme}
          onClick={() => {
            setTheme(each);
            choose(each);
          }}
        >
          <Icon name={LOOKS[each].icon} />
        </button>
      ))}
    </fieldset>
  );
}
