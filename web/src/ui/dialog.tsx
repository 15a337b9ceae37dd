import type { ComponentChildren, JSX } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

export interface DialogProps {
  title: string;
  onClose: () => void;
  /** For tables and pictures; the others are as wide as a form. */
  wide?: boolean;
  children: ComponentChildren;
}

/** A modal window; the browser keeps the focus inside, and what had it before gets it back. */
export function Dialog({ title, onClose, wide = false, children }: DialogProps): JSX.Element {
  const id = useId();
  const ref = useRef<HTMLDialogElement>(null);
  const gone = useRef(false);
  useLayoutEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    gone.current = false;
    dialog?.showModal();
    beginAtTop(dialog);
    return () => {
      gone.current = true;
      dialog?.close();
      // The browser does this only for a dialog that is still in the document.
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      class={wide ? 'dialog wide' : 'dialog'}
      aria-labelledby={id}
      onCancel={(event) => {
        // What is drawn decides: it goes when its owner draws it no more.
        event.preventDefault();
        onClose();
      }}
      onClose={() => {
        // A second Escape closes it whatever is asked.
        if (!gone.current) onClose();
      }}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}

/** A long text is read from its beginning, although what can be pressed comes after it. */
function beginAtTop(dialog: HTMLDialogElement | null): void {
  const heading = dialog?.querySelector('h2');
  if (!dialog || !heading || dialog.scrollTop === 0) return;
  heading.tabIndex = -1;
  heading.focus();
  dialog.scrollTop = 0;
}
