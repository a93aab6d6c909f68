// @ts-check

/** The machine lacks something that may not be installed from here; the message says what, and how to get it. */
export class SetupError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message)
    this.name = 'SetupError'
  }
}
