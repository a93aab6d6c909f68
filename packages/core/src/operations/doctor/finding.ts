/** Version of the shape of {@link Diagnosis} as JSON. */
export const DIAGNOSIS_VERSION = 1

/** Result of one check. */
export interface Finding {
  /** What was checked: `builder`, `platform linux/arm/v7`, `registry ghcr.io`. */
  readonly subject: string
  /** `error`: a run would fail; `warning`: a run may fail. */
  readonly state: 'ok' | 'warning' | 'error'
  readonly message: string
  /** What to do; present unless the status is `ok`. */
  readonly advice?: string
}

/** All findings. Plain data. */
export interface Diagnosis {
  readonly version: typeof DIAGNOSIS_VERSION
  readonly findings: readonly Finding[]
}

/** A finding without a problem. */
export function fine(subject: string, message: string): Finding {
  return { subject, state: 'ok', message }
}

/** A finding that requires an action. */
export function warningOrError(state: 'warning' | 'error', subject: string, message: string, advice: string): Finding {
  return { subject, state, message, advice }
}
