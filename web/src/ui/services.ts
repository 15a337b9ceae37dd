import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { coopnet, type Brand } from '../brand.ts';
import type { Portal } from '../portal.ts';
import type { Fetch } from '../session/request.ts';
import type { Timers } from '../session/timers.ts';
import type { Texts, Translate } from '../text/texts.ts';
import type { ThemeChoice } from '../theme.ts';

/** What pages of their own calls need of the browser. */
export interface Outside {
  fetch: Fetch;
  timers: Timers;
  now(): Date;
  /** Lives as long as the tab. */
  session: Storage | null;
}

export interface Services {
  outside: Outside;
  portal: Portal;
  texts: Texts;
  theme: ThemeChoice;
  /** Coopnet, when nobody says otherwise. */
  brand?: Brand;
}

export const ServicesContext = createContext<Services | null>(null);

export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (services === null) throw new Error('a component was drawn outside of the portal');
  return services;
}

export function useBrand(): Brand {
  return useServices().brand ?? coopnet;
}

export function useText(): Translate {
  return useServices().texts.translate;
}
