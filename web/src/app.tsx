import type { ComponentType, JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { Choice } from './pages/choice.tsx';
import { Conference } from './pages/conference.tsx';
import { Home } from './pages/home.tsx';
import { Identify } from './pages/identify.tsx';
import { Desk, Diagnostic, Help, loadTool, Prerequisites, Support, Tool } from './pages/lazy.tsx';
import { Lost } from './pages/lost.tsx';
import type { Route } from './router.ts';
import { Band } from './ui/band.tsx';
import { ToastPlace } from './ui/toasts.tsx';
import { Foot, Masthead } from './ui/frame.tsx';
import { ServicesContext, useServices, useText, type Services } from './ui/services.ts';

const pages: Readonly<Record<Route, ComponentType>> = {
  '/': Home,
  '/identify': Identify,
  '/choice': Choice,
  '/conference': Conference,
  '/tool': Tool,
  '/support': Support,
  '/support/desk': Desk,
  '/prerequisites': Prerequisites,
  '/help': Help,
  '/diagnostic': Diagnostic,
};

export function App({ services }: { services: Services }): JSX.Element {
  return (
    <ServicesContext.Provider value={services}>
      <Frame />
    </ServicesContext.Provider>
  );
}

function Frame(): JSX.Element {
  const { portal } = useServices();
  const t = useText();
  const route = portal.router.route.value;
  const Shown = route === null ? Lost : pages[route];
  const tool = route === '/tool';
  const admitted = portal.admission.value !== null;
  // Fetched while the guest says who they are: the picture comes the sooner.
  useEffect(() => {
    if (admitted) loadTool().catch(() => {});
  }, [admitted]);
  return (
    <div class={tool ? 'frame in-tool' : 'frame'}>
      <a
        class="skip"
        href="#content"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById('content')?.focus();
        }}
      >
        {t('nav.skip')}
      </a>
      <header>
        <Band />
        {!tool && <Masthead />}
      </header>
      <Shown key={route} />
      {!tool && <Foot />}
      <ToastPlace />
    </div>
  );
}
