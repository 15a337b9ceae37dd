/** The installable software: what the portal offers. What is installed, no browser tells a page. */
import { fetchWithin } from '../../request.ts';
import { fields, list, named } from '../../shape.ts';
import { agentOf, platformOf } from '../agent.ts';
import type { DiagnosticDeps } from '../deps.ts';
import type { Outcome } from '../result.ts';

const patience = 5000;

export async function software(deps: DiagnosticDeps): Promise<Outcome> {
  const init: RequestInit = { method: 'GET', credentials: 'same-origin', cache: 'no-store' };
  let releases: { platform: string; version: string }[];
  try {
    releases = await fetchWithin(deps, patience, '/api/v1/software', init, async (response) => {
      if (!response.ok) throw new Error(`answered ${response.status}`);
      return list(fields(await response.json(), 'catalogue'), 'releases', (item) => {
        const release = fields(item, 'release');
        return { platform: named(release, 'platform'), version: named(release, 'version') };
      });
    });
  } catch {
    return { state: 'skipped', finding: 'software.unknown' };
  }
  const { userAgent } = deps.browser.navigator;
  const platform = platformOf(userAgent);
  const fits = releases.find((one) => platform !== '' && one.platform.startsWith(platform));
  const facts = { platform, system: agentOf(userAgent).system, offered: fits?.version ?? '' };
  if (fits === undefined) return { state: 'skipped', finding: 'software.none', facts };
  const fill = { version: fits.version };
  return { state: 'skipped', finding: 'software.offered', fill, facts };
}
