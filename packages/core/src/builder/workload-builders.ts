import { EngineError } from '../model/errors.js'
import { unusableBuilder } from './connect.js'
import { watchPods } from './kubernetes/watch-pods.js'
import { readyPods } from './kubernetes/workload-pods.js'
import type { ResolvedBuilder } from './options.js'
import type { Builder } from './port.js'

/** A builder that joins a run or leaves it. */
export interface BuilderChange {
  readonly builder: Builder
  readonly change: 'joined' | 'left'
}

/** The pods of a workload on Kubernetes, which come and go. */
export class WorkloadBuilders {
  readonly #options: ResolvedBuilder & { readonly host: string }
  readonly #connect: (options: ResolvedBuilder) => Builder
  readonly #members = new Set<string>()

  constructor(options: ResolvedBuilder & { readonly host: string }, connect: (options: ResolvedBuilder) => Builder) {
    this.#options = options
    this.#connect = connect
  }

  /** The builders in the pods that are ready. Where the pods cannot be listed, there is one builder, whose calls fail. */
  async connect(signal: AbortSignal | undefined): Promise<readonly Builder[]> {
    const { host, env } = this.#options
    try {
      const addresses = await readyPods(host, { env, signal })
      for (const address of addresses) this.#members.add(address)
      return addresses.map((address) => this.#builderAt(address))
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      return [unusableBuilder(this.#options, error)]
    }
  }

  /** Reports pods that become ready, and those that end, until the signal fires. */
  async watch(listener: (change: BuilderChange) => void, signal: AbortSignal): Promise<void> {
    const { host, env } = this.#options
    const isMember = (address: string) => this.#members.has(address)
    await watchPods(host, { env, signal }, [...this.#members], ({ address, isReady }) => {
      if (isMember(address) === isReady) return
      if (isReady) this.#members.add(address)
      else this.#members.delete(address)
      listener({ builder: this.#builderAt(address), change: isReady ? 'joined' : 'left' })
    })
  }

  #builderAt(address: string): Builder {
    return this.#connect({ ...this.#options, host: address })
  }
}
