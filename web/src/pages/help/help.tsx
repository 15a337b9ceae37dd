import './help.css';
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { useHelpText } from '../../text/help/help.ts';
import { audiences, loadTopics, type Topic } from '../../text/help/topics.ts';
import type { Language, Texts } from '../../text/texts.ts';
import { Alert } from '../../ui/alert.tsx';
import { Button } from '../../ui/button.tsx';
import { Link } from '../../ui/link.tsx';
import { Page } from '../../ui/page.tsx';
import { useServices } from '../../ui/services.ts';
import { Prose } from './prose.tsx';
import { SearchBox } from './searchbox.tsx';

type Loaded = { language: Language; topics: Topic[] } | 'loading' | 'failed';

/** The guide: /help lists and finds the topics, /help/TOPIC shows one, /help/all the whole. */
export function Help(): JSX.Element {
  const { portal, texts } = useServices();
  const { t, language } = useHelpText();
  const loaded = useSignal<Loaded>('loading');
  useEffect(() => {
    let wanted = true;
    loadTopics(language).then(
      (topics) => {
        if (wanted) loaded.value = { language, topics: topics.map((topic) => named(topic, texts)) };
      },
      () => (loaded.value = 'failed'),
    );
    return () => {
      wanted = false;
    };
  }, [language, loaded, texts]);
  if (loaded.value === 'loading' || loaded.value === 'failed') {
    return (
      <Page page={t('help.page')} title={t('help.title')}>
        {loaded.value === 'loading' ? (
          <p class="loading" role="status">
            <span class="spinner" aria-hidden="true" /> {t('help.loading')}
          </p>
        ) : (
          <Alert kind="refusal" testid="refusal">
            <p>{t('help.failed')}</p>
          </Alert>
        )}
      </Page>
    );
  }
  const { topics } = loaded.value;
  const shown = portal.router.topic.value;
  const topic = topics.find(({ id }) => id === shown);
  if (topic) return <One key={topic.id} topic={topic} topics={topics} />;
  if (shown === 'all') return <Whole key="all" topics={topics} />;
  return <Contents key="contents" topics={topics} lost={shown !== ''} />;
}

/** In the name of whose portal it is. */
function named(topic: Topic, texts: Texts): Topic {
  return { ...topic, title: texts.branded(topic.title), text: texts.branded(topic.text) };
}

function Contents({ topics, lost }: { topics: readonly Topic[]; lost: boolean }): JSX.Element {
  const { t } = useHelpText();
  return (
    <Page page={t('help.page')} title={t('help.title')} lead={t('help.lead')} wide>
      {lost && (
        <Alert kind="notice" testid="help-lost">
          <p>{t('help.lost')}</p>
        </Alert>
      )}
      <SearchBox topics={topics} />
      <nav class="help-contents" aria-label={t('help.topics')} data-testid="help-contents">
        {audiences.map((audience) => (
          <section key={audience} class="card" aria-labelledby={`for-${audience}`}>
            <h2 id={`for-${audience}`}>{t(`audience.${audience}`)}</h2>
            <ul>
              {topics
                .filter((topic) => topic.audience === audience)
                .map(({ id, title }) => (
                  <li key={id}>
                    <Link to={`/help/${id}`}>{title}</Link>
                  </li>
                ))}
            </ul>
          </section>
        ))}
      </nav>
      <p>
        <Link to="/help/all">{t('help.whole')}</Link>
      </p>
    </Page>
  );
}

function One({ topic, topics }: { topic: Topic; topics: readonly Topic[] }): JSX.Element {
  const { t } = useHelpText();
  const at = topics.indexOf(topic);
  const [before, after] = [topics[at - 1], topics[at + 1]];
  return (
    <Page
      page={`${topic.title} – ${t('help.page')}`}
      eyebrow={t(`audience.${topic.audience}`)}
      title={topic.title}
    >
      <div class="help-actions">
        <Link to="/help">{t('help.back')}</Link>
        <Print />
      </div>
      <article class="help-prose" data-testid="help-topic" data-topic={topic.id}>
        <Prose source={topic.text} />
      </article>
      <nav class="help-around" aria-label={t('help.around')}>
        {before && (
          <p>
            <span>{t('help.previous')}</span>
            <Link to={`/help/${before.id}`}>{before.title}</Link>
          </p>
        )}
        {after && (
          <p class="after">
            <span>{t('help.next')}</span>
            <Link to={`/help/${after.id}`}>{after.title}</Link>
          </p>
        )}
      </nav>
      <SearchBox topics={topics} />
    </Page>
  );
}

function Whole({ topics }: { topics: readonly Topic[] }): JSX.Element {
  const { t } = useHelpText();
  return (
    <Page page={t('help.whole')} title={t('help.whole')}>
      <div class="help-actions">
        <Link to="/help">{t('help.back')}</Link>
        <Print />
      </div>
      {audiences.map((audience) => (
        <section key={audience} class="help-part" aria-labelledby={`all-${audience}`}>
          <h2 id={`all-${audience}`}>{t(`audience.${audience}`)}</h2>
          {topics
            .filter((topic) => topic.audience === audience)
            .map(({ id, title, text }) => (
              <article key={id} class="help-prose" aria-labelledby={`all-${id}`}>
                <h3 id={`all-${id}`}>{title}</h3>
                <Prose source={text} level={4} />
              </article>
            ))}
        </section>
      ))}
    </Page>
  );
}

function Print(): JSX.Element {
  const { t } = useHelpText();
  return (
    <Button look="quiet" testid="help-print" onClick={() => window.print()}>
      {t('help.print')}
    </Button>
  );
}
