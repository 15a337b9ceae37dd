/** What this browser keeps for us. Reading window.localStorage throws where it forbids storage. */
export function browserStorage(kind: 'localStorage' | 'sessionStorage'): Storage | null {
  try {
    return window[kind];
  } catch {
    return null;
  }
}
