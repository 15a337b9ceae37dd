import type { BrowserContextOptions } from 'playwright-core';

/** How somebody looks at the portal. */
export interface Look {
  name: string;
  dark: boolean;
  options: BrowserContextOptions;
}

const desktop: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};

function look(screen: 'desktop' | 'phone', language: 'en' | 'fr', colorScheme: 'light' | 'dark'): Look {
  const options = {
    ...(screen === 'phone' ? phone : desktop),
    locale: language === 'fr' ? 'fr-FR' : 'en-GB',
    colorScheme,
  };
  return { name: `${screen}-${language}-${colorScheme}`, dark: colorScheme === 'dark', options };
}

/** Each language, screen and theme once. */
export const both: readonly Look[] = [look('desktop', 'en', 'light'), look('phone', 'fr', 'dark')];

/** Of the pictures: both screens and both languages in light, and the scenes that ask for it in dark. */
export const pictured: readonly Look[] = [
  look('desktop', 'en', 'light'),
  look('desktop', 'fr', 'light'),
  look('phone', 'en', 'light'),
  look('phone', 'fr', 'light'),
  look('desktop', 'en', 'dark'),
  look('phone', 'fr', 'dark'),
];
