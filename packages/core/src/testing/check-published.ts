import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { MadeBase, RegistryBase } from '../definition/base-source.js'
import type { Bases, OptionsOf, Plugin } from '../definition/plugin.js'
import { PolyarchError } from '../model/errors.js'
import { isIndex } from '../model/oci.js'
import { formatPlatform, normalizePlatform, type Platform, platformsRunBy, samePlatform } from '../model/platform.js'
import { parseReference, withDefaultTag } from '../model/reference.js'
import type { Registry } from '../registry/port.js'
import { imagesOf } from '../registry/select-platform.js'
import { download } from '../rootfs/download.js'
import { readRelease } from '../rootfs/release-file.js'
import { ask, platformOf } from './asking.js'
import type { ContractCases } from './plugin-contract.js'

/** How to look at what is published. */
export interface PublishedOptions {
  /** Made by `createRegistry()`, with the logins that it needs. */
  readonly registry: Registry
  readonly signal?: AbortSignal
}

/** Whether something that a plugin declares is there. */
export interface PublishedFinding {
  readonly base: string
  readonly platform: string
  readonly options: object
  /** `unknown`: it could not be reached, or is made by a pipeline; `wrong`: the publisher has it not, or otherwise. */
  readonly state: 'true' | 'wrong' | 'unknown'
  /** What was seen, where it is not true. */
  readonly message?: string
}

type Seen = Pick<PublishedFinding, 'state' | 'message'>

/**
 * Looks whether what a plugin declares is true: images have the platforms, archives the checksums, package archives the
 * architectures. For a test that runs where the publishers can be reached, now and then.
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
  const findings: PublishedFinding[] = []
  // One after another: publishers count requests.
  for (const question of questions) {
    const seen = await look(plugin, question, options)
    if (seen !== undefined) findings.push({ ...question, ...seen })
  }
  return findings
}

/** Undefined where the base refuses: not every release has all platforms. */
async function look(
  plugin: Plugin,
  { base, platform, options }: Pick<PublishedFinding, 'base' | 'platform' | 'options'>,
  { registry, signal }: PublishedOptions,
): Promise<Seen | undefined> {
  const answer = ask(plugin, base, platform, options)
  if (!('kind' in answer) || answer.kind === 'refusal') return undefined
  try {
    if (answer.kind === 'registry') return await lookAtImage(answer, platformOf(platform), registry, signal)
    if (answer.kind === 'pipeline') return { state: 'unknown', message: 'a pipeline makes it' }
    return await lookAtArchive(answer, signal)
  } catch (error) {
    if (error instanceof PolyarchError && error.code !== 'CANCELLED')
      return { state: 'unknown', message: error.message }
    throw error
  }
}

async function lookAtImage(
  { reference: text, configPolicy }: RegistryBase,
  platform: Platform,
  registry: Registry,
  signal: AbortSignal | undefined,
): Promise<Seen> {
  const reference = parseReference(text)
  const manifest = reference && (await registry.getManifest(withDefaultTag(reference), { signal }))
  if (manifest === undefined) return { state: 'wrong', message: `there is no ${text}` }
  // The config of a single image is compared when it is used, by the base's policy.
  if (!isIndex(manifest.content)) return { state: 'true' }
  const has = imagesOf(manifest.content).flatMap((one) => (one.platform ? [normalizePlatform(one.platform)] : []))
  const accepted = configPolicy === 'trust-declared' ? [platform, ...platformsRunBy(platform)] : [platform]
  if (accepted.some((one) => has.some((other) => samePlatform(other, one)))) return { state: 'true' }
  return { state: 'wrong', message: `${text} has ${has.map(formatPlatform).join(', ')}` }
}

async function lookAtArchive(source: MadeBase, signal: AbortSignal | undefined): Promise<Seen> {
  if (source.kind === 'apt') {
    if (source.mirror === undefined) return { state: 'unknown', message: 'it names no mirror' }
    await readRelease(source.mirror, source, signal)
    return { state: 'true' }
  }
  const hash = createHash('sha256')
  await pipeline(await openLocation(source.location, signal), hash)
  const is = hash.digest('hex')
  return is === source.sha256.toLowerCase() ? { state: 'true' } : { state: 'wrong', message: `its sha256 is ${is}` }
}

async function openLocation(location: string, signal: AbortSignal | undefined): Promise<Readable> {
  if (!/^https?:/.test(location)) return createReadStream(location)
  const { body } = await download(location, signal)
  return Readable.fromWeb(body as import('node:stream/web').ReadableStream)
}
