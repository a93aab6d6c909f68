import type { BaseSource, RegistryBase } from '../definition/plugin/base-source.js'
import { madeBase } from '../definition/plugin/kinds/made-base.js'
import type { Bases, OptionsOf, Plugin } from '../definition/plugin/plugin.js'
import type { PublishedVerdict } from '../definition/plugin/rootfs-kind.js'
import { type ErrorCode, PolyarchError, RegistryError } from '../model/errors.js'
import type { Platform } from '../model/platform.js'
import { parseReference, withDefaultTag } from '../model/reference.js'
import type { Registry } from '../registry/port.js'
import { checkImage, chooseImage } from '../steps/base/registry-base.js'
import { createUpstreamManifests, type UpstreamManifests } from '../steps/upstream-manifests.js'
import { platformOf, requestBase } from './base-request.js'
import type { ContractCases } from './plugin-contract.js'

/** Options of {@link checkPublished}. */
export interface PublishedOptions {
  /** Created by `createRegistry()`, with the logins that it needs. */
  readonly registry: Registry
  readonly signal?: AbortSignal
}

/** The verdict on one declaration of a plugin: whether the image or archive exists and is as declared. */
export interface PublishedFinding extends PublishedVerdict {
  readonly base: string
  readonly platform: string
  readonly options: object
}

type Question = Omit<PublishedFinding, keyof PublishedVerdict>

/**
 * Checks whether a plugin's declarations are true: platforms of images, checksums of archives, architectures of package
 * archives.
 * For a scheduled test that can reach the publishers.
 *
 * @throws CancelledError
 * @example
 * ```ts
 * const findings = await checkPublished(alpine(), { alpine: { accepted: [{}] } }, { registry: createRegistry() })
 * const wrong = findings.filter(({ state }) => state === 'wrong')
 * ```
 */
export async function checkPublished<B extends Bases>(
  plugin: Plugin<B>,
  cases: { readonly [Name in keyof B & string]: ContractCases<OptionsOf<B[Name]>> },
  options: PublishedOptions,
): Promise<readonly PublishedFinding[]> {
  const byName: Readonly<Record<string, ContractCases>> = cases
  const questions = Object.entries(plugin.bases).flatMap(([base, { platforms }]) =>
    (byName[base]?.accepted ?? []).flatMap((tried) =>
      platforms.map((platform) => ({ base, platform, options: tried })),
    ),
  )
  const call = { ...options, upstream: createUpstreamManifests(options.registry) }
  const findings: PublishedFinding[] = []
  // One after another: publishers count requests.
  for (const question of questions) {
    const verdict = await check(plugin, question, call)
    if (verdict !== undefined) findings.push({ ...question, ...verdict })
  }
  return findings
}

/** What to check, and with which clients. */
interface CheckCall extends PublishedOptions {
  /** Each name is read once, for all platforms. */
  readonly upstream: UpstreamManifests
}

/** Error codes for an image that contradicts its declaration. */
const FALSE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'NOT_FOUND',
  'PLATFORM_MISSING',
  'PLATFORM_MISMATCH',
  'MANIFEST_UNSUPPORTED',
])

/** Returns undefined if the base rejects the platform: not every release has all platforms. */
async function check(
  plugin: Plugin,
  { base, platform, options }: Question,
  call: CheckCall,
): Promise<PublishedVerdict | undefined> {
  const answer = requestBase(plugin, base, platform, options)
  if (!('kind' in answer) || answer.kind === 'issue') return undefined
  try {
    switch (answer.kind) {
      case 'registry':
        return await checkRegistryBase(answer, platformOf(platform), call)
      case 'pipeline':
        return { state: 'unknown', message: 'a pipeline makes it' }
      default:
        return await checkMade(answer, call)
    }
  } catch (error) {
    if (error instanceof PolyarchError && error.code !== 'CANCELLED')
      return { state: 'unknown', message: error.message }
    throw error
  }
}

/** Runs the steps of a run, so that a declaration that passes here does not fail there. */
async function checkRegistryBase(
  source: RegistryBase,
  platform: Platform,
  { registry, upstream, signal }: CheckCall,
): Promise<PublishedVerdict> {
  const reference = parseReference(source.reference)
  if (reference === undefined) return { state: 'wrong', message: `reference '${source.reference}' is not valid` }
  const base = { ...source, reference: withDefaultTag(reference) }
  try {
    const chosen = await chooseImage(base, platform, upstream, { signal })
    await checkImage(chosen, { source: base, platform }, { registry, upstream }, { signal })
    return { state: 'true' }
  } catch (error) {
    if (!(error instanceof RegistryError && FALSE.has(error.code))) throw error
    return { state: 'wrong', message: [error.message, error.hint].filter((text) => text !== undefined).join('; ') }
  }
}

async function checkMade(answer: BaseSource, { signal }: CheckCall): Promise<PublishedVerdict> {
  const made = madeBase(answer)
  if (made === undefined) throw new TypeError(`a base of kind '${answer.kind}' is not made on this machine`)
  return (await made.by.load()).checkPublished(made.source, { signal, env: process.env })
}
