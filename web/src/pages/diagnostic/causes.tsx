import type { JSX } from 'preact';
import { causesOf } from '../../session/diagnostic/causes.ts';
import type { Result } from '../../session/diagnostic/result.ts';
import { useDiagnosticText } from '../../text/diagnostic/diagnostic.ts';

/** What is likely behind the troubles, and what to do: the first is the likeliest. */
export function Causes({ results }: { results: readonly Result[] }): JSX.Element | null {
  const { t } = useDiagnosticText();
  const causes = causesOf(results);
  if (causes.length === 0) return null;
  return (
    <section class="card" aria-labelledby="causes">
      <h2 id="causes">{t('causes.title')}</h2>
      <ol class="diagnostic-causes">
        {causes.map((cause) => (
          <li key={cause} data-testid="diagnostic-cause" data-cause={cause}>
            <p>
              <strong>{t(`cause.${cause}`)}</strong>
            </p>
            <p>{t(`cause.${cause}.do`)}</p>
          </li>
        ))}
      </ol>
    </section>
  );
}
