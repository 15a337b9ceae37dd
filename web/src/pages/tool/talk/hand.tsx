import type { JSX } from 'preact';
import type { People } from '../../../session/people.ts';
import { useTalkText } from '../../../text/talk/talk.ts';
import { Button } from '../../../ui/button.tsx';

/** Asks to speak, and takes it back. */
export function HandButton({ people }: { people: People }): JSX.Element | null {
  const { t } = useTalkText();
  if (people.self.value === null) return null;
  const raised = people.status.value === 'hand';
  return (
    <Button
      testid="hand"
      icon="hand"
      pressed={raised}
      onClick={() => people.setStatus(raised ? '' : 'hand')}
    >
      {t(raised ? 'hand.lower' : 'hand.raise')}
    </Button>
  );
}
