import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { Icon } from '../../../ui/icons.tsx';
import { Menu, type MenuItem } from '../../../ui/menu.tsx';

export interface RowMenuProps {
  label: string;
  testid: string;
  /** Asked when the menu opens. */
  items: () => readonly MenuItem[];
}

/** A menu in each line of a long list: it costs a button until somebody wants it. */
export function RowMenu({ label, testid, items }: RowMenuProps): JSX.Element {
  const wanted = useSignal(false);
  const place = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (wanted.value) place.current?.querySelector('button')?.click();
  }, [wanted.value]);
  useFocusKept(place);
  return (
    <span class="row-menu" ref={place}>
      {wanted.value ? (
        <Menu label={label} icon="more" testid={testid} items={items()} />
      ) : (
        <button
          type="button"
          class="button quiet only-icon"
          data-testid={testid}
          aria-label={label}
          aria-haspopup="menu"
          aria-expanded="false"
          title={label}
          onClick={() => (wanted.value = true)}
        >
          <Icon name="more" />
        </button>
      )}
    </span>
  );
}

/** The focus stays near when the line goes, for example because it was deleted. */
function useFocusKept(place: { current: HTMLElement | null }): void {
  useLayoutEffect(
    () => () => {
      const menu = place.current;
      if (menu === null || !menu.contains(document.activeElement)) return;
      menu.closest('li')?.parentElement?.closest<HTMLElement>('[tabindex]')?.focus();
    },
    [place],
  );
}
