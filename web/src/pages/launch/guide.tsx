import type { ComponentChildren, JSX } from 'preact';
import type { Release } from '../../session/launchapi.ts';
import { useLaunchText } from '../../text/launch/launch.ts';
import { Icon } from '../../ui/icons.tsx';
import type { Joining } from './joining.ts';
import { Asks, Downloaded, Installing } from './pictures.tsx';
import { checkCommand, sizeText } from './words.ts';

export interface GuideProps {
  joining: Joining;
  /** It came, and was too old. */
  old: boolean;
}

/** For who waits in vain: the browser's question, or an installation step by step. */
export function Guide({ joining, old }: GuideProps): JSX.Element {
  const { t } = useLaunchText();
  const offer = joining.offer.value;
  return (
    <div class="launch-guide" data-testid="launch-guide">
      {!old && (
        <section aria-labelledby="launch-asked">
          <h3 id="launch-asked">{t('ask.title')}</h3>
          <Question joining={joining} />
        </section>
      )}
      <section aria-labelledby="launch-install">
        <h3 id="launch-install">{t(old ? 'old.title' : 'install.title')}</h3>
        {old && <p>{t('old.text')}</p>}
        {offer.kind === 'some' ? (
          <Steps joining={joining} release={offer.release} />
        ) : (
          <p>{t(offer.kind === 'none' ? 'install.none' : 'install.unknown')}</p>
        )}
        <p class="small">{t('install.rights')}</p>
      </section>
    </div>
  );
}

/** What the browser asks before it opens a program. */
export function Question({ joining }: { joining: Joining }): JSX.Element {
  const { t } = useLaunchText();
  const { family, system } = joining;
  const linux = system === 'linux' && (family === 'chromium' || family === 'edge');
  return <Asks family={family} system={system} text={t(linux ? 'ask.linux' : `ask.${family}`)} />;
}

interface StepsProps {
  joining: Joining;
  release: Release;
}

function Steps({ joining, release }: StepsProps): JSX.Element {
  const { t, language } = useLaunchText();
  const { family, system } = joining;
  const { platform, version, filename, size } = release;
  const packaged = system === 'linux' && filename.endsWith('.deb');
  const query = new URLSearchParams({ version }).toString();
  return (
    <>
      <p>{t(packaged ? 'install.lead.package' : 'install.lead')}</p>
      <ol class="launch-steps">
        <Step picture={<Downloaded family={family} />}>
          <a
            class="button primary"
            data-testid="launch-download"
            href={`/api/v1/software/${encodeURIComponent(platform)}/download?${query}`}
            download={filename}
          >
            <Icon name="download" />
            <span>{t('install.download', { version, size: sizeText(size, language) })}</span>
          </a>
          <p>{t(`install.file.${family}`)}</p>
        </Step>
        <Step picture={<Installing system={system} />}>
          <p>{t(`install.run.${system === 'none' ? 'linux' : system}`)}</p>
          {packaged && (
            <p>
              <code>{`sudo apt install ./${filename}`}</code>
            </p>
          )}
        </Step>
        <Step picture={null}>
          <p>{t('install.back')}</p>
        </Step>
      </ol>
      <Checksum joining={joining} release={release} />
    </>
  );
}

interface StepProps {
  picture: JSX.Element | null;
  children: ComponentChildren;
}

function Step({ picture, children }: StepProps): JSX.Element {
  return (
    <li>
      <div class="launch-step">{children}</div>
      {picture}
    </li>
  );
}

function Checksum({ joining, release }: StepsProps): JSX.Element {
  const { t } = useLaunchText();
  return (
    <details class="launch-check">
      <summary data-testid="launch-check">{t('check.title')}</summary>
      <p>{t('check.text')}</p>
      <p>
        <code>{checkCommand(joining.system, release.filename)}</code>
      </p>
      <p>{t('check.must')}</p>
      <p>
        <code data-testid="launch-sha256">{release.sha256}</code>
      </p>
    </details>
  );
}
