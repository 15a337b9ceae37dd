import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';
import { Icon, type IconName } from './icons.tsx';

export interface SectionProps {
  title: string;
  /** Beside the title: one or two small buttons, or a badge. */
  aside?: ComponentChildren;
  testid?: string;
  children: ComponentChildren;
}

/** A titled part of a page, on a ground of its own. */
export function Card({ title, aside, testid, children }: SectionProps): JSX.Element {
  const id = useId();
  return (
    <section class="card" aria-labelledby={id} data-testid={testid}>
      <div class="card-head">
        <h2 id={id}>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

export interface BadgeProps {
  look?: 'plain' | 'good' | 'notice' | 'bad' | 'accent';
  testid?: string;
  children: ComponentChildren;
}

/** A word or two about what stands beside it. */
export function Badge({ look = 'plain', testid, children }: BadgeProps): JSX.Element {
  return (
    <span class={`badge ${look}`} data-testid={testid}>
      {children}
    </span>
  );
}

export interface EmptyStateProps {
  icon: IconName;
  title: string;
  /** What will appear here, or what to do so that something does. */
  text?: string;
  testid?: string;
  children?: ComponentChildren;
}

/** Where there is nothing yet. */
export function EmptyState({ icon, title, text, testid, children }: EmptyStateProps): JSX.Element {
  return (
    <div class="empty-state" data-testid={testid}>
      <Icon name={icon} />
      <p class="empty-title">{title}</p>
      {text !== undefined && <p>{text}</p>}
      {children}
    </div>
  );
}

/** Grey lines where text will be: the page does not jump when it comes. */
export function Skeleton({ lines = 3 }: { lines?: number }): JSX.Element {
  return (
    <div class="skeleton" aria-hidden="true">
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} />
      ))}
    </div>
  );
}
