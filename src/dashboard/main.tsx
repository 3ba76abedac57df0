import { render } from 'preact';
import { App } from './app.tsx';
import { currentTheme, showTheme } from './session/theme.ts';

showTheme(currentTheme());
// The views remember where they were left.
history.scrollRestoration = 'manual';
render(<App />, document.body);
