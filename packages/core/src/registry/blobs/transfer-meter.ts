import type { Digest } from '../../model/digest.js'
import type { TransferEvent } from '../../model/run/events.js'
import type { RegistryCall } from '../port.js'

const STEP = 1024 * 1024

/** Reports the progress of a transfer: after each mebibyte, and at the end. */
export class TransferMeter {
  readonly #event: Omit<TransferEvent, 'bytes'>
  readonly #total: number
  readonly #call: RegistryCall
  #reported = 0

  constructor(direction: TransferEvent['direction'], digest: Digest, total: number, call: RegistryCall) {
    this.#event = { kind: 'transfer', direction, digest, total }
    this.#total = total
    this.#call = call
  }

  /** Records that this many bytes have been transferred. */
  at(bytes: number): void {
    if (bytes === this.#reported || (bytes - this.#reported < STEP && bytes < this.#total)) return
    this.#reported = bytes
    this.#call.onEvent?.({ ...this.#event, bytes })
  }
}
