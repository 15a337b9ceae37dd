import { normalizeProps, useMachine } from '@zag-js/preact';
import * as machine from '@zag-js/tooltip';
import type { ButtonHTMLAttributes, JSX } from 'preact';
import { useId } from 'preact/hooks';
import './tooltip.css';

export interface TooltipProps {
  text: string;
  /** Gets what the pointed element must carry. */
  children: (carried: ButtonHTMLAttributes) => JSX.Element;
}

/** A word beside an element that has a drawing only; Escape takes it away. The element has a name of its own. */
export function Tooltip({ text, children }: TooltipProps): JSX.Element {
  const service = useMachine(machine.machine, {
    id: useId(),
    openDelay: 500,
    closeDelay: 100,
    positioning: { placement: 'bottom', strategy: 'fixed', gutter: 6, overflowPadding: 8 },
  });
  const api = machine.connect(service, normalizeProps);
  // It says what the name says already: a screen reader would read it twice.
  const { 'aria-describedby': _, ...carried } = api.getTriggerProps() as Record<string, unknown>;
  return (
    <>
      {children(carried as ButtonHTMLAttributes)}
      {api.open && (
        <div {...api.getPositionerProps()} class="tooltip-place">
          <div {...api.getContentProps()} class="tooltip">
            {text}
          </div>
        </div>
      )}
    </>
  );
}
