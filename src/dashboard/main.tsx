import { render } from 'preact';
import { App } from './app.tsx';
import { currentTheme, showTheme } from './session/theme.ts';

showTheme(currentTheme());
render(<App />, document.body);
