import './control.css';
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Work } from '../../../session/work.ts';
import { useRemoteText } from '../../../text/remote/remote.ts';
import type { Bench } from '../board/bench.ts';
import { captureKeys, releaseKeys } from './keyboardlock.ts';
import { ownKey, RemoteHands } from './hands.ts';
import { looksAt } from './looks.ts';

export interface SurfaceProps {
  work: Work;
  bench: Bench;
}

/** Over the picture of a desktop that this participant controls, while it is in sight. */
export function ControlSurface({ work, bench }: SurfaceProps): JSX.Element | null {
  const state = work.remote.state.value;
  if (state.phase !== 'controlling' || !looksAt(work, state.publication)) return null;
  return <Surface key={state.grant} work={work} bench={bench} name={state.name} />;
}

/** Takes mouse, wheel and keys. Characters go through a field, because only that knows how they are put together. */
function Surface({ work, bench, name }: SurfaceProps & { name: string }): JSX.Element {
  const { t } = useRemoteText();
  const surface = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const { remote } = work;
  const hands = useMemo(
    () =>
      new RemoteHands({
        remote,
        place: () => surface.current?.getBoundingClientRect() ?? null,
        mac: /Mac OS X/.test(navigator.userAgent),
      }),
    [remote],
  );
  useCapture({ surface, field, work, bench, hands });
  const full = bench.screen.full.value;
  useEffect(() => {
    if (!full) return undefined;
    captureKeys();
    return releaseKeys;
  }, [full]);
  useEffect(() => {
    bench.keysThere.take();
    // The view has the focus afterwards: the field goes with the control.
    return () => bench.view?.focus({ preventScroll: true });
  }, [bench]);
  const { left, top, width, height } = bench.viewport.place.value;
  const place = { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` };
  return (
    <div class="remote-view">
      <div ref={surface} class="remote-surface" style={place} data-testid="remote-surface">
        <textarea
          ref={field}
          class="remote-field"
          data-testid="remote-field"
          aria-label={t('surface.label', { name, stop: t('key.stop'), leave: t('key.leave') })}
          // Not in the way of who goes through the page by keyboard: a button above leads here.
          tabIndex={-1}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          rows={1}
        />
      </div>
    </div>
  );
}

interface Capture extends SurfaceProps {
  surface: { current: HTMLDivElement | null };
  field: { current: HTMLTextAreaElement | null };
  hands: RemoteHands;
}

/** Listeners of their own: a wheel that is not to scroll the page must not be a passive one. */
function useCapture({ surface, field, work, bench, hands }: Capture): void {
  useEffect(() => {
    const over = surface.current;
    const text = field.current;
    if (over === null || text === null) return undefined;
    const done = new AbortController();
    capturePointer(over, text, hands, done.signal);
    const own = {
      stop: () => work.remote.stop(),
      leave() {
        text.blur();
        bench.view?.focus({ preventScroll: true });
      },
    };
    captureTyping(text, own, hands, done.signal);
    const unfollow = bench.keysThere.follow(text);
    const letGo = () => hands.letGo();
    window.addEventListener('blur', letGo, { signal: done.signal });
    document.addEventListener('visibilitychange', letGo, { signal: done.signal });
    return () => {
      hands.letGo();
      unfollow();
      done.abort();
    };
  }, [surface, field, work, bench, hands]);
}

function capturePointer(
  over: HTMLElement,
  text: HTMLElement,
  hands: RemoteHands,
  signal: AbortSignal,
): void {
  const point = (event: PointerEvent) => {
    event.preventDefault();
    // A second finger is not a second mouse.
    if (event.isPrimary) hands.point(event);
  };
  over.addEventListener(
    'pointerdown',
    (event) => {
      text.focus({ preventScroll: true });
      over.setPointerCapture(event.pointerId);
      point(event);
    },
    { signal },
  );
  over.addEventListener('pointermove', point, { signal });
  over.addEventListener('pointerup', point, { signal });
  over.addEventListener('pointercancel', () => hands.letGo(), { signal });
  over.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      hands.turn(event);
    },
    { signal, passive: false },
  );
  // Menus, selections and new tabs belong to the other desktop; the mouse's own events would take the focus away.
  for (const type of [
    'contextmenu',
    'mousedown',
    'mouseup',
    'auxclick',
    'dragstart',
    'selectstart',
  ]) {
    over.addEventListener(type, (event) => event.preventDefault(), { signal });
  }
}

function captureTyping(
  text: HTMLTextAreaElement,
  own: { stop(): void; leave(): void },
  hands: RemoteHands,
  signal: AbortSignal,
): void {
  const take = () => {
    hands.type(text.value);
    text.value = '';
  };
  text.addEventListener(
    'keydown',
    (event) => {
      // No key is one of this page's while it goes elsewhere.
      event.stopPropagation();
      const deed = ownKey(event);
      if (deed !== null) own[deed]();
      else if (!hands.press(event)) return;
      event.preventDefault();
    },
    { signal },
  );
  text.addEventListener(
    'keyup',
    (event) => {
      event.stopPropagation();
      hands.lift(event);
    },
    { signal },
  );
  text.addEventListener(
    'input',
    (event) => {
      if (!(event as InputEvent).isComposing) take();
    },
    { signal },
  );
  text.addEventListener('compositionend', take, { signal });
  text.addEventListener('blur', () => hands.letGo(), { signal });
}
