import type { RunEvent } from '../../model/run/events.js'

/** Shows a run while it goes on. */
export interface Reporter extends Disposable {
  readonly tell: (event: RunEvent) => void
  /** The user asked to stop, and the run is about to. */
  readonly stopping: () => void
}

/** A reporter that shows nothing. */
export const quietReporter: Reporter = { tell: () => {}, stopping: () => {}, [Symbol.dispose]: () => {} }
