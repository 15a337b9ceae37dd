import './needs.css';
import type { ComponentChildren, JSX } from 'preact';
import { useNeedsText } from '../../text/needs/needs.ts';
import { Link } from '../../ui/link.tsx';
import { Addresses } from './addresses.tsx';

const browsers = [
  { who: 'chrome', version: '110', shares: 'computer' },
  { who: 'firefox', version: '115', shares: 'computer' },
  { who: 'safari', version: '16', shares: 'computer' },
  { who: 'iphone', version: 'iOS 16', shares: 'never' },
  { who: 'android', version: 'Android 9', shares: 'never' },
] as const;

const rates = [
  { what: 'text', down: '0,3', up: '0,1' },
  { what: 'usual', down: '1', up: '0,1' },
  { what: 'film', down: '3', up: '0,1' },
  { what: 'share', down: '0,3', up: '1,5' },
] as const;

const ways = [
  { way: 'HTTPS, WSS', port: 'TCP 443', what: 'web' },
  { way: 'UDP', port: '7882', what: 'udp' },
  { way: 'TCP', port: '7882', what: 'tcp' },
  { way: 'TURN', port: 'UDP, TCP 3478', what: 'turn' },
  { way: 'TURN/TLS', port: 'TCP 5349, 443', what: 'turns' },
] as const;

/** What is needed, in words: browsers, connection, and what network teams ask for. */
export function InWords(): JSX.Element {
  const { t, language } = useNeedsText();
  const rate = (megabits: string) =>
    `${language === 'fr' ? megabits : megabits.replace(',', '.')}\u00a0Mbit/s`;
  return (
    <>
      <section class="card" aria-labelledby="browsers">
        <h2 id="browsers">{t('browsers.title')}</h2>
        <p>{t('browsers.lead')}</p>
        <Table
          label={t('browsers.title')}
          heads={[t('browsers.browser'), t('browsers.version'), t('browsers.share')]}
        >
          {browsers.map(({ who, version, shares }) => (
            <tr key={who}>
              <th scope="row">{t(`browsers.${who}`)}</th>
              <td>{t('browsers.from', { version })}</td>
              <td>{t(`browsers.${shares}`)}</td>
            </tr>
          ))}
        </Table>
      </section>
      <section class="card" aria-labelledby="bandwidth">
        <h2 id="bandwidth">{t('bandwidth.title')}</h2>
        <Table
          label={t('bandwidth.title')}
          heads={[t('bandwidth.what'), t('bandwidth.down'), t('bandwidth.up')]}
        >
          {rates.map(({ what, down, up }) => (
            <tr key={what}>
              <th scope="row">{t(`bandwidth.${what}`)}</th>
              <td>{rate(down)}</td>
              <td>{rate(up)}</td>
            </tr>
          ))}
        </Table>
        <p class="small">{t('bandwidth.hint')}</p>
      </section>
      <section class="card" aria-labelledby="network">
        <h2 id="network">{t('network.title')}</h2>
        <p>{t('network.lead')}</p>
        <Table
          label={t('network.title')}
          heads={[t('network.way'), t('network.port'), t('network.what')]}
        >
          {ways.map(({ way, port, what }) => (
            <tr key={what}>
              <th scope="row">{way}</th>
              <td>{port}</td>
              <td>{t(`network.${what}`)}</td>
            </tr>
          ))}
        </Table>
        <Addresses />
        <p>
          <Link to="/help/firewall">{t('network.more')}</Link>
        </p>
      </section>
    </>
  );
}

interface TableProps {
  label: string;
  heads: readonly string[];
  children: ComponentChildren;
}

/** It may scroll sideways on a phone; the keyboard reaches it. */
function Table({ label, heads, children }: TableProps): JSX.Element {
  return (
    <div class="needs-table" role="group" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
