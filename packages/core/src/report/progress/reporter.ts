import type { RunEvent } from '../../model/run/events.js'

/** Shows the progress of a run. */
export interface Reporter extends Disposable {
  readonly report: (event: RunEvent) => void
  /** Called when the user has requested a stop and the run is about to end. */
  readonly stopping: () => void
}

/** A reporter that shows nothing. */
export const quietReporter: Reporter = { report: () => {}, stopping: () => {}, [Symbol.dispose]: () => {} }
