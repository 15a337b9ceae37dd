import { signal } from '@preact/signals';
import { DiagnosticApi } from '../../session/diagnostic/api.ts';
import { Diagnostic } from '../../session/diagnostic/diagnostic.ts';
import type { CheckName } from '../../session/diagnostic/result.ts';
import { sendReport, type Arrived, type UploadDeps } from '../../session/diagnostic/upload.ts';
import { asProblem, type Problem } from '../../session/problem.ts';
import type { Fields } from '../../session/shape.ts';
import type { Outside } from '../../ui/services.ts';
import { easel, reader } from './pictures.ts';
import { fullDeps, uploadDeps } from './wiring.ts';

export type Sending =
  | { phase: 'asking' }
  | { phase: 'sending' }
  | { phase: 'failed'; problem: Problem }
  | { phase: 'sent'; arrived: Arrived; withdrawal: 'possible' | 'under way' | 'failed' }
  | { phase: 'withdrawn' };

/** One guest's run, and what becomes of its report. */
export class Work {
  readonly diagnostic: Diagnostic;
  readonly sending = signal<Sending>({ phase: 'asking' });
  /** When the results were had. */
  readonly testedAt = signal<Date | null>(null);
  /** The check that was done again last. */
  readonly repeated = signal<CheckName | null>(null);
  readonly #outside: Outside;
  readonly #upload: UploadDeps;
  readonly #api: DiagnosticApi;

  constructor(outside: Outside) {
    this.#outside = outside;
    this.#upload = uploadDeps(outside);
    this.#api = new DiagnosticApi(outside);
    this.diagnostic = new Diagnostic(fullDeps(outside, { easel, reader }));
  }

  async start(): Promise<void> {
    this.sending.value = { phase: 'asking' };
    this.testedAt.value = null;
    this.repeated.value = null;
    await this.diagnostic.start();
    this.testedAt.value = this.#outside.now();
  }

  async repeat(check: CheckName): Promise<void> {
    await this.diagnostic.repeat(check);
    this.repeated.value = check;
    this.testedAt.value = this.#outside.now();
  }

  async send(content: string, summary: Fields): Promise<void> {
    this.sending.value = { phase: 'sending' };
    try {
      const session = (await this.diagnostic.session())?.id ?? '';
      const arrived = await sendReport(this.#upload, this.#api, content, summary, session);
      this.sending.value = { phase: 'sent', arrived, withdrawal: 'possible' };
    } catch (cause) {
      this.sending.value = { phase: 'failed', problem: asProblem(cause) };
    }
  }

  async withdraw(): Promise<void> {
    const sent = this.sending.value;
    if (sent.phase !== 'sent' || sent.withdrawal === 'under way') return;
    this.sending.value = { ...sent, withdrawal: 'under way' };
    try {
      await this.#api.withdraw(sent.arrived.id);
      this.sending.value = { phase: 'withdrawn' };
    } catch {
      this.sending.value = { ...sent, withdrawal: 'failed' };
    }
  }

  close(): void {
    this.diagnostic.stop();
  }
}
