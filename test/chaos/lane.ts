import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type RegistryOptions, staticCredentials } from '../../packages/core/src/registry/index.js'
import type { Backend } from './backends.js'
import { type RegistryState, readState } from './checker.js'
import { type ChaosFault, FAULTS, type FaultyRequest } from './faults.js'
import { type Operation, SaidHolds } from './operation.js'
import type { ChaosProxy, PlannedFault } from './proxy.js'
import { pick, type Random } from './random.js'
import type { Variant } from './variants.js'
import { type Judgement, judge, type Verdict } from './verdict.js'

/** Answers are late only where a fault delays them. */
const SHORT = { connect: 5_000, answer: 2_000, idle: 2_000 }
/** Without faults nothing may be given up, however busy the machine is. */
const LONG = { connect: 60_000, answer: 60_000, idle: 60_000 }

/** A run takes seconds at most; this much only if it never ends, in milliseconds. */
const HANGING_AFTER = 90_000

/** One run: an operation that meets a fault. */
export interface ChaosRun {
  readonly number: number
  readonly operation: Operation
  /** Replaced where it cannot meet the request. */
  readonly fault: ChaosFault
  readonly lasting: boolean
  /** Index of the request among those of the operation without faults. */
  readonly index: number
  readonly random: Random
}

/** How a run ended. */
export interface RunOutcome {
  readonly number: number
  readonly variant: string
  readonly operation: string
  readonly fault: string
  readonly lasting: boolean
  /** The request that the fault met first. */
  readonly request: string
  readonly verdict: Verdict
  readonly code?: string
  readonly details: readonly string[]
}

/** What an operation starts from, and does without faults. */
interface Prepared {
  readonly folder: string
  readonly before: RegistryState
  readonly clean: RegistryState
  readonly requests: readonly FaultyRequest[]
}

/** A registry behind a proxy, where runs follow one another. */
export class Lane {
  readonly #prepared = new Map<string, Promise<Prepared>>()

  constructor(
    readonly variant: Variant,
    readonly backend: Backend,
    readonly proxy: ChaosProxy,
    readonly folder: string,
  ) {}

  /** Chooses a fault that meets the operation, and runs it. */
  async run(run: ChaosRun): Promise<RunOutcome> {
    const { operation, random } = run
    const prepared = await this.#prepare(operation)
    const { requests } = prepared
    const index = run.index % requests.length
    const request = requests[index]
    if (request === undefined) throw new Error(`${operation.name} makes no request`)
    const fault = run.fault.meets(request)
      ? run.fault
      : pick(
          random,
          FAULTS.filter(({ meets }) => meets(request)),
        )
    const at = requests.slice(0, index).filter(fault.meets).length
    const lasting = run.lasting && fault.lasts
    const planned = { fault, at, lasting, position: random(), before: pathsOf(prepared.before) }
    const concurrency = random() < 0.5 ? 1 : 32
    const { verdict, details, code } = await this.#observe(operation, prepared, planned, concurrency)
    return {
      number: run.number,
      variant: this.variant.name,
      operation: operation.name,
      fault: fault.name,
      lasting,
      request: `${index}: ${request.method} ${request.path}`,
      verdict,
      details,
      ...(code !== undefined && { code }),
    }
  }

  async #observe(
    operation: Operation,
    { before, clean, folder }: Prepared,
    planned: PlannedFault,
    concurrency: number,
  ): Promise<Judgement> {
    await this.backend.restore(operation.name)
    this.proxy.begin(this.backend.host, planned)
    const said = new SaidHolds(this.proxy.host)
    const acting = operation
      .act({ host: this.proxy.host, client: this.#client(concurrency, SHORT), folder }, said)
      .then(
        () => ({ error: undefined }),
        (error: unknown) => ({ error: error ?? new TypeError('it failed with nothing') }),
      )
    const timer = new AbortController()
    const ended = await Promise.race([
      acting,
      sleep(HANGING_AFTER, undefined, { signal: timer.signal }).catch(() => undefined),
    ])
    timer.abort()
    await this.proxy.end()
    if (ended === undefined) return { verdict: 'hanging', details: [`it has not ended after ${HANGING_AFTER} ms`] }
    const after = await this.#read(operation)
    return judge({ operation, error: ended.error, said, before, clean, after })
  }

  #prepare(operation: Operation): Promise<Prepared> {
    const preparing = this.#prepared.get(operation.name) ?? this.#prepareNow(operation)
    this.#prepared.set(operation.name, preparing)
    return preparing
  }

  async #prepareNow(operation: Operation): Promise<Prepared> {
    const { backend, proxy } = this
    const folder = join(this.folder, `context-${operation.name}`)
    await mkdir(folder)
    await backend.startEmpty(operation.name)
    proxy.begin(backend.host)
    const seeding = { url: `http://${backend.host}`, login: backend.login, host: proxy.host, folder }
    await operation.seed({ ...seeding, client: this.#client(32, LONG) })
    await proxy.end()
    await backend.save(operation.name)
    await backend.restore(operation.name)
    const before = await this.#read(operation)
    const requests = proxy.begin(backend.host)
    await operation.act({ host: proxy.host, client: this.#client(1, LONG), folder }, new SaidHolds(proxy.host))
    await proxy.end()
    const clean = await this.#read(operation)
    if (requests.length > operation.requests)
      throw new Error(`${operation.name} makes ${requests.length} requests on ${this.variant.name}`)
    const wrong = [...(await operation.check(before, clean)), ...before.missing, ...clean.missing]
    if (wrong.length > 0)
      throw new Error(`${operation.name} on ${this.variant.name} without faults: ${wrong.join('; ')}`)
    return { folder, before, clean, requests }
  }

  #read({ repositories }: Operation): Promise<RegistryState> {
    const { host, login } = this.backend
    const basic = login && Buffer.from(`${login.username}:${login.password}`).toString('base64')
    return readState(host, repositories, basic === undefined ? undefined : `Basic ${basic}`)
  }

  #client(concurrency: number, timeouts: typeof SHORT): RegistryOptions {
    const { proxy, variant } = this
    const { login } = variant
    const credentials = login && { [proxy.host]: { kind: 'password' as const, ...login } }
    return {
      credentials: staticCredentials(credentials ?? {}),
      ...(proxy.ca !== undefined && { hosts: { [proxy.host]: { ca: proxy.ca } } }),
      retry: { attempts: 3, delay: 1, time: 20_000 },
      timeouts,
      concurrency,
    }
  }
}

function pathsOf({ tags }: RegistryState): PlannedFault['before'] {
  return new Map(
    [...tags].map(([name, content]) => {
      const at = name.lastIndexOf(':')
      return [`/v2/${name.slice(0, at)}/manifests/${name.slice(at + 1)}`, content]
    }),
  )
}
