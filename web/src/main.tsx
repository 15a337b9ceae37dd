import { render } from 'preact';
import { App } from './app.tsx';
import { brandOf } from './brand.ts';
import { Colleagues } from './colleague.ts';
import { Portal } from './portal.ts';
import { Router } from './router.ts';
import { Api } from './session/api.ts';
import { AdmissionMemory } from './session/memory.ts';
import { systemTimers } from './session/timers.ts';
import { WayMemory } from './session/ways.ts';
import { Texts, type Language } from './text/texts.ts';
import type { Catalogue } from './text/en.ts';
import { browserStorage } from './browserstorage.ts';
import { ThemeChoice } from './theme.ts';
import type { Outside } from './ui/services.ts';
import './ui/style/tokens.css';
import './ui/style/base.css';
import './ui/style/forms.css';
import './ui/style/pages.css';

function load(language: Language): Promise<Catalogue> {
  return language === 'fr'
    ? import('./text/fr.ts').then(({ fr }) => fr)
    : import('./text/en.ts').then(({ en }) => en);
}

/** Style sheets that the network has lost come after all: with the next try of their code the build leaves them out. */
function fetchLostStyles(): void {
  let tries = 20;
  const fetchAgain = ({ target: lost }: Event): void => {
    if (!(lost instanceof HTMLLinkElement) || lost.rel !== 'stylesheet' || tries-- <= 0) return;
    setTimeout(() => lost.replaceWith(lost.cloneNode()), 2000);
  };
  window.addEventListener('error', fetchAgain, true);
}

async function start(root: HTMLElement): Promise<void> {
  fetchLostStyles();
  const brand = brandOf(document);
  const theme = new ThemeChoice(
    document.documentElement,
    window.matchMedia('(prefers-color-scheme: dark)'),
    browserStorage('localStorage'),
  );
  const texts = new Texts({
    load,
    storage: browserStorage('localStorage'),
    wanted: navigator.languages,
    document,
    brand,
  });
  const outside: Outside = {
    fetch: (url, init) => window.fetch(url, init),
    timers: systemTimers,
    now: () => new Date(),
    session: browserStorage('sessionStorage'),
  };
  const api = new Api(outside);
  const portal = new Portal(
    api,
    new Router(window),
    new AdmissionMemory(outside.session),
    new Colleagues(api, outside.session),
    new WayMemory(browserStorage('localStorage')),
  );
  const started = portal.start();
  await texts.start();
  render(<App services={{ outside, portal, texts, theme, brand }} />, root);
  await started;
}

const root = document.getElementById('app');
if (root !== null) void start(root);
