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
  width: 'M3 5v14M21 5v14M7 12h10m-7-3-3 3 3 3m4-6 3 3-3 3',
  nearer: 'M17 10.500a6.5 6.5 0 1 1-13 0 6.5 6.5 0 0 1 13 0Zm3.5 10-5.2-5.200M10.5 8v5M8 10.500h5',
  farther: 'M17 10.500a6.5 6.5 0 1 1-13 0 6.5 6.5 0 0 1 13 0Zm3.5 10-5.2-5.200M8 10.500h5',
  inset: 'M21 11V6a1 1 0 0 0-1-1H4a1 1 0 0 0-1 1v11a1 1 0 0 0 1 1h6m3-4h8v6h-8z',
  keyboard: 'M3 6h18v12H3zM7 10v.01M11 10v.01M15 10v.01M17 10v.01M7 14h10',
  board: 'M3 4h18M4 4v12h16V4M9 21l3-5 3 5M8 12l2.500-3 2.500 2 3-3.500',
  hand: 'M8 13V6a1.5 1.5 0 0 1 3 0v5-6.500a1.5 1.5 0 0 1 3 0V11 6a1.5 1.5 0 0 1 3 0v8a6 6 0 0 1-6 6.500c-2.500 0-4-1-5.2-3L3.600 14a1.5 1.5 0 0 1 2.500-1.600L8 14.500',
  pointer: 'M5 4l14 7.500-6 1.700-3 6z',
  pen: 'M4 20l1-4L16 5l3 3L8 19zM14 7l3 3',
  marker: 'M5 14l8.500-9.500 5 5L9 18H5zM3 21h18',
  line: 'M5 19 19 5',
  arrow: 'M5 19 19 5m-9 0h9v9',
  rectangle: 'M4 6h16v12H4z',
  ellipse: 'M21 12c0 3.600-4 6.500-9 6.500S3 15.600 3 12s4-6.500 9-6.500 9 2.900 9 6.500Z',
  letters: 'M5 7V5h14v2M12 5v14m-3 0h6',
  eraser:
    'M9 19H6l-3-3a1 1 0 0 1 0-1.400L13.600 4a1 1 0 0 1 1.400 0l5 5a1 1 0 0 1 0 1.400L11.500 19H21M7.500 10l6.500 6.500',
  undo: 'M8 5 4 9l4 4M4 9h10a5.5 5.5 0 0 1 0 11h-4',
  clear: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5m4-5v5',
  beside: 'M4 5h16v14H4zM14 5v14',
  handover: 'M3 8h14m-4-4 4 4-4 4M21 16H7m4-4-4 4 4 4',
  all: 'M3 18v2m0-6a6 6 0 0 1 6 6m-6-10a10 10 0 0 1 10 10M3 7V6a1 1 0 0 1 1-1h16a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1h-4',
  dots: 'M7 12a1 1 0 1 1-2 0 1 1 0 0 1 2 0Zm6 0a1 1 0 1 1-2 0 1 1 0 0 1 2 0Zm6 0a1 1 0 1 1-2 0 1 1 0 0 1 2 0Z',
  full: 'M9 4H4v5m11-5h5v5m0 6v5h-5M4 15v5h5',
  sound: 'M4 9.500v5h3.500L12 19V5L7.5 9.500H4Zm12-1a5 5 0 0 1 0 7m2.5-9.500a9 9 0 0 1 0 12',
  share:
    'M4 5h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1Zm8 9V8.500m-2.7 2.500L12 8.300l2.7 2.700M8.5 20.500h7',
  stop: 'M7 7h10v10H7z',
  leave: 'M14 4H6a1 1 0 0 0-1 1v14a1 1 0 0 0 1 1h8m-3-8h10m-3.5-3.500L21 12l-3.5 3.5',
  file: 'M7 3h7l5 5v12a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1Zm7 0v5h5',
  back: 'm14.5 6-6 6 6 6',
  forth: 'm9.5 6 6 6-6 6',
  people:
    'M12 11a3.5 3.5 0 1 1-7 0 3.5 3.5 0 0 1 7 0Zm-10 9a6.5 6.5 0 0 1 13 0m1-12.300a3.5 3.5 0 0 1 0 6.600m2 .700a6.5 6.5 0 0 1 4 5',
  chevron: 'm6.5 9.500 5.5 5.500 5.5-5.500',
  more: 'M6 12a1 1 0 1 1-2 0 1 1 0 0 1 2 0Zm7 0a1 1 0 1 1-2 0 1 1 0 0 1 2 0Zm7 0a1 1 0 1 1-2 0 1 1 0 0 1 2 0Z',
  chat: 'M5 5h14a1.5 1.5 0 0 1 1.5 1.500v8.500a1.5 1.5 0 0 1-1.5 1.500h-7.500L7 20.500V17H5a1.5 1.5 0 0 1-1.5-1.500V6.500A1.5 1.5 0 0 1 5 5Z',
  question:
    'M9.2 9.300a2.9 2.9 0 1 1 4.3 2.500c-1 .600-1.5 1.200-1.5 2.200m0 3v.01M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z',
  poll: 'M5 20v-6m7 6V4m7 16V9',
  reply: 'M9.5 6 4 11.500 9.5 17M4.5 11.500H14a6 6 0 0 1 6 6V19',
  send: 'M4 12 3.5 4.500 21 12 3.5 19.500 4 12Zm0 0h8',
  copy: 'M9 9h10v11H9zM5 15V4h10',
  trash: 'M4 7h16M10 7V4h4v3m-7.500 0 1 13h9l1-13M10 11v5m4-5v5',
  lock: 'M6 11h12v9H6zM8.500 11V8a3.5 3.5 0 0 1 7 0v3',
  mute: 'M5 5h14a1.5 1.5 0 0 1 1.5 1.500v8.500a1.5 1.5 0 0 1-1.5 1.500h-7.500L7 20.500V17H5a1.5 1.5 0 0 1-1.5-1.500V6.500A1.5 1.5 0 0 1 5 5Zm4 3.500 6 5m0-5-6 5',
  away: 'M12 7v5l3.5 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z',
  search: 'm20 20-4.500-4.500M17 10.500a6.5 6.5 0 1 1-13 0 6.5 6.5 0 0 1 13 0Z',
  down: 'M12 5v13m-5.500-5.500L12 18l5.500-5.500',
  plus: 'M12 5v14M5 12h14',
  elsewhere: 'M14 4h6v6m0-6-9 9m7 2v4a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1h4',
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
