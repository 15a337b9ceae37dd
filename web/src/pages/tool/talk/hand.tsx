import type { JSX } from 'preact';
import type { People } from '../../../session/people.ts';
import { useTalkText } from '../../../text/talk/talk.ts';
import { Button } from '../../../ui/button.tsx';
import { IconButton } from '../../../ui/iconbutton.tsx';

export interface HandProps {
  people: People;
  /** With the drawing alone, where there is no room for words; it is there before anything can be asked. */
  small?: boolean;
}

/** Asks to speak, and takes it back. */
export function HandButton({ people, small = false }: HandProps): JSX.Element | null {
  const { t } = useTalkText();
  const outside = people.self.value === null;
  const raised = people.status.value === 'hand';
  const label = t(raised ? 'hand.lower' : 'hand.raise');
  const look = raised ? 'on' : 'secondary';
  const press = () => people.setStatus(raised ? '' : 'hand');
  if (small) {
    return (
      <IconButton
        testid="hand"
        icon="hand"
        look={look}
        label={label}
        disabled={outside}
        onClick={press}
      />
    );
  }
  if (outside) return null;
  return (
    <Button testid="hand-button" icon="hand" look={look} onClick={press}>
      {label}
    </Button>
  );
}
