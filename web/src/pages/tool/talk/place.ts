import { useSignal, type Signal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';

export interface Place {
  /** The end of the log is in sight. */
  stuck: Signal<boolean>;
  /** The log was scrolled. */
  look(): void;
  /** Goes to the end. */
  follow(): void;
}

/** So near to the end counts as there, in pixels. */
const near = 40;

/**
 * Stays at the end when something comes or the log has another size, unless the person reads further up; goes there when
 * they write themselves.
 */
export function usePlace(
  list: RefObject<HTMLElement | null>,
  length: number,
  own: number,
  shown: boolean,
): Place {
  const stuck = useSignal(true);
  const before = useRef(own);
  const size = useRef('');
  const end = (): void => {
    const log = list.current;
    if (log === null) return;
    size.current = sizeOf(log);
    log.scrollTop = log.scrollHeight;
  };
  const follow = (): void => {
    stuck.value = true;
    end();
  };
  useLayoutEffect(() => {
    const writes = own > before.current;
    before.current = own;
    if (writes) stuck.value = true;
    if (shown && stuck.peek()) end();
  }, [length, own, shown]);
  useEffect(() => {
    const log = list.current;
    if (log === null) return;
    const sizes = new ResizeObserver(() => {
      if (stuck.peek()) end();
    });
    sizes.observe(log);
    return () => sizes.disconnect();
  }, [list, stuck]);
  const look = (): void => {
    const log = list.current;
    // A log that is not shown has no height, and tells nothing.
    if (log === null || log.clientHeight === 0) return;
    // A log of another size moved by itself: nobody left its end.
    if (stuck.peek() && size.current !== sizeOf(log)) return end();
    stuck.value = log.scrollHeight - log.scrollTop - log.clientHeight < near;
  };
  return { stuck, look, follow };
}

const sizeOf = (log: HTMLElement): string => `${log.clientHeight} of ${log.scrollHeight}`;
