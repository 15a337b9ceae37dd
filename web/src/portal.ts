import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import type { Colleagues } from './colleague.ts';
import type { Route, Router } from './router.ts';
import type { Admission, Api, Credentials, Identity, Next } from './session/api.ts';
import type { AdmissionMemory } from './session/memory.ts';
import { asProblem, type Problem } from './session/problem.ts';
import { WayMemory } from './session/ways.ts';

/** Why the guest finds themselves on the home page. */
export type Notice = 'reload' | 'left' | 'expired' | 'closed';

/** What happened to an invitation link. */
export type Invited = 'opening' | { problem: Problem } | null;

const afterAdmission: Readonly<Record<Next, Route>> = {
  identify: '/identify',
  software: '/choice',
  join: '/conference',
};

const needAdmission: ReadonlySet<Route> = new Set(['/identify', '/choice', '/conference', '/tool']);

/** What the guest has reached so far, and the steps from page to page. */
export class Portal {
  readonly api: Api;
  readonly router: Router;
  readonly colleagues: Colleagues;
  /** How this person wants to join every time. */
  readonly ways: WayMemory;
  readonly #memory: AdmissionMemory;
  readonly #admission = signal<Admission | null>(null);
  readonly #identity = signal<Identity | null>(null);
  readonly #notice = signal<Notice | null>(null);
  readonly #invited = signal<Invited>(null);
  readonly #forgotten = signal(false);
  /** On the way to the choice, which was made once for all. */
  #chosen = false;

  /** Whom the company vouches for: by the admission, or by the session of who has not joined yet. */
  readonly vouched = computed<Identity | null>(() => {
    const admission = this.#admission.value;
    if (admission !== null) return admission.signedIn ? admission.identity : null;
    const session = this.colleagues.session.value;
    return session === null ? null : { title: '', ...session };
  });

  constructor(
    api: Api,
    router: Router,
    memory: AdmissionMemory,
    colleagues: Colleagues,
    ways = new WayMemory(null),
  ) {
    this.api = api;
    this.ways = ways;
    this.router = router;
    this.colleagues = colleagues;
    this.#memory = memory;
  }

  get admission(): ReadonlySignal<Admission | null> {
    return this.#admission;
  }
  get identity(): ReadonlySignal<Identity | null> {
    return this.#identity;
  }
  get notice(): ReadonlySignal<Notice | null> {
    return this.#notice;
  }
  get invited(): ReadonlySignal<Invited> {
    return this.#invited;
  }
  /** The identity was just forgotten; said once, until the next step. */
  get forgotten(): ReadonlySignal<boolean> {
    return this.#forgotten;
  }

  /** Finds what an earlier visit or the page before a reload left, then shows the right page. */
  async start(): Promise<void> {
    this.#admission.value = this.#memory.read();
    const code = this.router.takeInvitation();
    effect(() => this.#guard(this.router.route.value));
    this.router.onInvitation((another) => void this.#invite(another));
    const refused = this.router.takeSignIn();
    const entered = code !== null && (await this.#invite(code));
    const colleagues = this.colleagues.start(refused);
    if (entered) return;
    if (this.#admission.value === null || !(await this.#recall())) await this.#recognise();
    await colleagues;
  }

  /** After a reload: the conference may have changed, and a personal link may have said who comes. */
  async #recall(): Promise<boolean> {
    try {
      const admission = await this.api.admission();
      if (this.#admission.value !== null) this.renewed(admission);
      return !admission.signedIn;
    } catch {
      return false; // the next step reports what is wrong
    }
  }

  async #recognise(): Promise<void> {
    try {
      this.#identity.value = await this.api.identity();
    } catch {
      // The band then says "not identified"; the next step reports what is wrong with the server.
    }
  }

  /** What the server says of this admission now. */
  renewed(admission: Admission): void {
    this.#admission.value = admission;
    this.#memory.write(admission);
    if (!admission.signedIn && admission.identity) this.#identity.value = admission.identity;
  }

  /** Throws the Problem when the conference does not open. */
  async admit(credentials: Credentials): Promise<void> {
    const admission = await this.api.admit(credentials);
    this.#admission.value = admission;
    this.#memory.write(admission);
    if (!admission.signedIn) this.#identity.value = admission.identity;
    this.#notice.value = null;
    this.#forgotten.value = false;
    if (admission.next === 'software') this.#choose();
    else this.router.go(afterAdmission[admission.next]);
  }

  async identify(identity: Identity, remember: boolean): Promise<void> {
    this.#identity.value = await this.api.identify(identity, remember);
    this.#forgotten.value = false;
    if (this.#admission.value?.next === 'join') this.router.go('/conference');
    else this.#choose();
  }

  /** Whether somebody comes to the choice who made it once for all; true only once. */
  takeChosen(): boolean {
    const chosen = this.#chosen;
    this.#chosen = false;
    return chosen;
  }

  /** To the choice between browser and software, or past it. */
  #choose(): void {
    const way = this.ways.read();
    this.#chosen = way === 'software';
    this.router.go(way === 'browser' ? '/conference' : '/choice');
  }

  /** "Disconnect": forgets the identity here and on the server, and what was begun under it. */
  async disconnect(): Promise<void> {
    await this.api.forget();
    this.#identity.value = null;
    this.#forgotten.value = true;
    if (['/choice', '/conference', '/tool'].includes(this.router.route.value ?? '')) {
      this.router.go('/identify');
    }
    this.#memory.forgetTalk();
    this.ways.forget();
  }

  /** Ends a colleague's session here, and what was joined with it. */
  async signOut(): Promise<void> {
    await this.colleagues.signOut();
    if (this.#admission.value?.signedIn) this.leave();
  }

  /** Gives the admission back and goes home. */
  leave(): void {
    this.#toHome('left');
    this.api.leave().catch(() => {});
  }

  /** The server no longer knows this admission, or needs the identity again. */
  refused(problem: Problem): void {
    if (problem.code === 'unauthenticated') {
      this.#toHome('expired');
    } else if (problem.code === 'conference-denied' && this.router.route.value === '/conference') {
      this.#toHome('closed');
    } else if (problem.code === 'conflict') {
      this.#identity.value = null;
      this.router.go('/identify');
    }
  }

  async #invite(code: string): Promise<boolean> {
    this.router.go('/', 'replace');
    this.#invited.value = 'opening';
    try {
      await this.admit({ invitation: code });
      this.#invited.value = null;
      return true;
    } catch (cause) {
      this.#invited.value = { problem: asProblem(cause) };
      return false;
    }
  }

  /** Also reached with the browser's back button after the conference was left. */
  #guard(route: Route | null): void {
    if (route === null || !needAdmission.has(route)) return;
    if (this.#admission.peek() === null) this.#toHome('reload');
  }

  #toHome(notice: Notice): void {
    this.#admission.value = null;
    this.#memory.write(null);
    this.#notice.value = notice;
    this.router.go('/', 'replace');
  }
}
