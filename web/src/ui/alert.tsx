import type { ComponentChildren, JSX } from 'preact';
import { Icon } from './icons.tsx';

export interface AlertProps {
  kind: 'refusal' | 'notice';
  testid: string;
  children: ComponentChildren;
}

/** A refusal is announced at once, a notice when the screen reader is free. */
export function Alert({ kind, testid, children }: AlertProps): JSX.Element {
  const refusal = kind === 'refusal';
  return (
    <div class={`alert ${kind}`} role={refusal ? 'alert' : 'status'} data-testid={testid}>
      <Icon name={refusal ? 'alert' : 'info'} />
      <div>{children}</div>
    </div>
  );
}
