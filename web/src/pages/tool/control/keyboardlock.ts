/** Chromium gives a page in full screen the keys of the system and of the browser, too. */
interface Locking extends Navigator {
  keyboard?: { lock?(): Promise<void>; unlock?(): void };
}

const keyboard = () => (navigator as Locking).keyboard;

export function capturesKeys(): boolean {
  return typeof keyboard()?.lock === 'function';
}

export function captureKeys(): void {
  keyboard()
    ?.lock?.()
    .catch(() => {}); // the others come all the same
}

export function releaseKeys(): void {
  keyboard()?.unlock?.();
}
