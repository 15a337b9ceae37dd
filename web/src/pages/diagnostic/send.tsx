import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import {
  recordOf,
  summaryOf,
  visible,
  type Circumstances,
} from '../../session/diagnostic/record.ts';
import { spell } from '../../session/diagnostic/spelling.ts';
import type { Problem } from '../../session/problem.ts';
import { useCheckText } from '../../text/checks/checks.ts';
import { useDiagnosticText } from '../../text/diagnostic/diagnostic.ts';
import { Alert } from '../../ui/alert.tsx';
import { Button } from '../../ui/button.tsx';
import { Checkbox, Field } from '../../ui/field.tsx';
import { useServices } from '../../ui/services.ts';
import { saveFile } from '../../ui/save.ts';
import { Copy } from './copy.tsx';
import type { Visit } from './visit.ts';
import { foundText } from './words.ts';
import type { Sending, Work } from './work.ts';

/** The report: what is in it, the guest's consent, and the code to read out. */
export function Send({ work, visit }: { work: Work; visit: Visit }): JSX.Element {
  const { t } = useDiagnosticText();
  const sending = work.sending.value;
  if (sending.phase === 'sent') return <Sent work={work} sent={sending} />;
  if (sending.phase === 'withdrawn') {
    return (
      <Alert kind="notice" testid="report-withdrawn">
        <p>{t('sent.withdrawn')}</p>
      </Alert>
    );
  }
  return <Ask work={work} visit={visit} />;
}

const mostComment = 2000;
const mostName = 100;

function Ask({ work, visit }: { work: Work; visit: Visit }): JSX.Element {
  const { t } = useDiagnosticText();
  const { portal } = useServices();
  const comment = useSignal('');
  const name = useSignal(portal.identity.peek()?.name ?? '');
  const refused = useSignal(false);
  const form = useRef<HTMLFormElement>(null);
  const { content, summary } = useReport(work, visit, comment.value, name.value);
  const sending = work.sending.value;
  const send = (): void => {
    const consent = form.current?.elements.namedItem('consent');
    refused.value = !(consent instanceof HTMLInputElement && consent.checked);
    if (refused.value) (consent as HTMLElement | null)?.focus();
    else void work.send(content, summary);
  };
  return (
    <section class="card" aria-labelledby="send">
      <h2 id="send" tabIndex={-1}>
        {t('send.title')}
      </h2>
      <p>{t('send.lead')}</p>
      <form
        ref={form}
        class="diagnostic-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <Comment onInput={(text) => (comment.value = text)} />
        <Field
          label={t('send.name')}
          hint={t('send.name.hint')}
          name="name"
          testid="report-name"
          value={name.peek()}
          maxLength={mostName}
          autocomplete="name"
          onInput={() => (name.value = valueOf(form.current, 'name'))}
        />
        <details>
          <summary>{t('send.preview')}</summary>
          <textarea
            class="diagnostic-text"
            data-testid="report-preview"
            aria-label={t('send.preview.text')}
            readOnly
            rows={14}
            value={content}
          />
        </details>
        <Checkbox
          label={t('send.consent')}
          hint={t('send.consent.hint')}
          name="consent"
          testid="report-consent"
        />
        {refused.value && (
          <p class="field-error" role="alert">
            {t('send.consent.missing')}
          </p>
        )}
        {sending.phase === 'failed' && <Failed problem={sending.problem} />}
        <div class="diagnostic-buttons">
          <Button
            type="submit"
            look="primary"
            testid="report-send"
            busy={sending.phase === 'sending'}
          >
            {t('send.send')}
          </Button>
          <Button
            testid="report-file"
            icon="download"
            onClick={() =>
              saveFile(new Blob([content], { type: 'application/json' }), 'coopnet-report.json')
            }
          >
            {t('send.file')}
          </Button>
        </div>
      </form>
    </section>
  );
}

function Comment({ onInput }: { onInput: (text: string) => void }): JSX.Element {
  const { t } = useDiagnosticText();
  return (
    <div class="field">
      <label for="report-comment">{t('send.comment')}</label>
      <textarea
        id="report-comment"
        class="diagnostic-comment"
        name="comment"
        data-testid="report-comment"
        rows={3}
        maxLength={mostComment}
        aria-describedby="report-comment-hint"
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
      />
      <p class="field-hint" id="report-comment-hint">
        {t('send.comment.hint')}
      </p>
    </div>
  );
}

function Failed({ problem }: { problem: Problem }): JSX.Element {
  const { t } = useDiagnosticText();
  return (
    <Alert kind="refusal" testid="report-failed">
      <p>{t(problem.code === 'rate-limited' ? 'send.failed.later' : 'send.failed')}</p>
    </Alert>
  );
}

function useReport(
  work: Work,
  visit: Visit,
  comment: string,
  name: string,
): { content: string; summary: ReturnType<typeof summaryOf> } {
  const { t, language } = useDiagnosticText();
  const { t: say } = useCheckText();
  const results = work.diagnostic.results.value;
  const around: Circumstances = {
    createdAt: (work.testedAt.value ?? new Date(0)).toISOString(),
    language,
    comment: visible(comment, mostComment),
    name: visible(name, mostName),
    ...visit,
  };
  const record = recordOf(results, around, window, {
    found: (result) => foundText(result, say),
    cause: (cause) => t(`cause.${cause}`),
  });
  return {
    content: JSON.stringify(record, null, 1),
    summary: summaryOf(results, around, window),
  };
}

function valueOf(form: HTMLFormElement | null, name: string): string {
  const input = form?.elements.namedItem(name);
  return input instanceof HTMLInputElement ? input.value : '';
}

function Sent({
  work,
  sent,
}: {
  work: Work;
  sent: Extract<Sending, { phase: 'sent' }>;
}): JSX.Element {
  const { t } = useDiagnosticText();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const { code } = sent.arrived;
  const spelt = spell(code, t('alphabet'), t('digits'), t('hyphen'));
  return (
    <section class="card" aria-labelledby="sent">
      <h2 id="sent" ref={heading} tabIndex={-1}>
        {t('sent.title')}
      </h2>
      <p>{t('sent.lead')}</p>
      <p class="diagnostic-code" data-testid="report-code">
        <span class="short">{t('sent.code')} </span>
        {code}
      </p>
      <h3>{t('sent.spelt')}</h3>
      <ol class="diagnostic-spelt">
        {spelt.map(({ character, word }, at) => (
          <li key={at}>
            <strong>{character}</strong> <span>{word}</span>
          </li>
        ))}
      </ol>
      <div class="diagnostic-buttons">
        <Copy text={code} testid="code-copy">
          {t('sent.copy')}
        </Copy>
        <Button
          testid="report-withdraw"
          look="quiet"
          busy={sent.withdrawal === 'under way'}
          onClick={() => void work.withdraw()}
        >
          {t('sent.withdraw')}
        </Button>
      </div>
      {sent.withdrawal === 'failed' && (
        <Alert kind="refusal" testid="withdraw-failed">
          <p>{t('sent.withdraw.failed')}</p>
        </Alert>
      )}
    </section>
  );
}
