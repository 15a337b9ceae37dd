/** Receives what the session notices. Never a token, a password or a name. */
export type Log = (
  level: 'info' | 'warn',
  message: string,
  details?: Readonly<Record<string, string | number | boolean>>,
) => void;
