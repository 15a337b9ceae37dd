import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useDiagnosticText } from '../../text/diagnostic/diagnostic.ts';
import { Button } from '../../ui/button.tsx';

/** Copies a text, and says whether the browser did. */
export function Copy(props: { text: string; testid: string; children: string }): JSX.Element {
  const { t } = useDiagnosticText();
  const said = useSignal<'' | 'team.copied' | 'team.uncopied'>('');
  const copy = (): void => {
    said.value = '';
    // Reading clipboard throws on an insecure page.
    Promise.resolve()
      .then(() => navigator.clipboard.writeText(props.text))
      .then(
        () => (said.value = 'team.copied'),
        () => (said.value = 'team.uncopied'),
      );
  };
  return (
    <div class="diagnostic-copy">
      <Button testid={props.testid} onClick={copy}>
        {props.children}
      </Button>
      <span role="status" class="small">
        {said.value !== '' && t(said.value)}
      </span>
    </div>
  );
}
