import type { JSX } from 'preact';

const paths = {
  alert:
    'M12 8v5m0 3.500v.01M10.3 3.9 2.5 17.500A2 2 0 0 0 4.2 20.500h15.600a2 2 0 0 0 1.7-3L13.7 3.900a2 2 0 0 0-3.4 0Z',
  info: 'M12 11v5m0-8.500v.01M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z',
  check: 'm5 12.5 4.5 4.500L19 7.5',
  cross: 'M6 6l12 12M18 6 6 18',
  screen: 'M4 5h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1Zm5 15h6m-3-3v3',
  globe:
    'M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0ZM3 12h18M12 3c2.5 2.7 3.8 5.7 3.8 9s-1.3 6.3-3.8 9c-2.5-2.7-3.8-5.7-3.8-9s1.3-6.3 3.8-9Z',
  download: 'M12 4v11m-5-4.5 5 5 5-5M4 20h16',
  phone:
    'M6.5 3.500h3l1.5 4-2 1.500a12 12 0 0 0 6 6l1.5-2 4 1.500v3a2 2 0 0 1-2.2 2A17 17 0 0 1 4.5 5.700a2 2 0 0 1 2-2.200Z',
  camera:
    'M3 7.500A1.5 1.5 0 0 1 4.5 6h9A1.5 1.5 0 0 1 15 7.500v9a1.5 1.5 0 0 1-1.5 1.500h-9A1.5 1.5 0 0 1 3 16.500v-9Zm12 3 6-3.500v10l-6-3.5',
  sun: 'M12 4V2m0 20v-2m8-8h2M2 12h2m13.7-5.7 1.4-1.400M4.9 19.100l1.4-1.400m11.4 0 1.4 1.400M4.9 4.900l1.4 1.400M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0Z',
  moon: 'M20.5 14.500A8.5 8.5 0 0 1 9.5 3.500a8.5 8.5 0 1 0 11 11Z',
  fit: 'M4 9V5h4m8 0h4v4m0 6v4h-4m-8 0H4v-4M9 10h6v4H9z',
  actual: 'M4 6h16v12H4zM9 10v4m6-4v4m-3-3.500v.01m0 3v.01',
  full: 'M9 4H4v5m11-5h5v5m0 6v5h-5M4 15v5h5',
  sound: 'M4 9.500v5h3.500L12 19V5L7.5 9.500H4Zm12-1a5 5 0 0 1 0 7m2.5-9.500a9 9 0 0 1 0 12',
  share:
    'M4 5h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1Zm8 9V8.500m-2.7 2.500L12 8.300l2.7 2.700M8.5 20.500h7',
  stop: 'M7 7h10v10H7z',
  leave: 'M14 4H6a1 1 0 0 0-1 1v14a1 1 0 0 0 1 1h8m-3-8h10m-3.5-3.500L21 12l-3.5 3.5',
  people:
    'M12 11a3.5 3.5 0 1 1-7 0 3.5 3.5 0 0 1 7 0Zm-10 9a6.5 6.5 0 0 1 13 0m1-12.300a3.5 3.5 0 0 1 0 6.600m2 .700a6.5 6.5 0 0 1 4 5',
  chevron: 'm6.5 9.500 5.5 5.500 5.5-5.500',
  more: 'M6 12a1 1 0 1 1-2 0 1 1 0 0 1 2 0Zm7 0a1 1 0 1 1-2 0 1 1 0 0 1 2 0Zm7 0a1 1 0 1 1-2 0 1 1 0 0 1 2 0Z',
} as const;

export type IconName = keyof typeof paths;

/** A line drawing beside a text that says the same: always hidden from screen readers. */
export function Icon({ name }: { name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}

/** Two screens that overlap: what one shows, the other sees. */
export function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect class="mark-back" x="2" y="4" width="20" height="15" rx="3.5" />
      <rect class="mark-front" x="10" y="12" width="20" height="15" rx="3.5" />
      <path
        class="mark-shared"
        d="M10 15.500A3.5 3.5 0 0 1 13.5 12H22v3.500A3.5 3.5 0 0 1 18.5 19H10z"
      />
    </svg>
  );
}
