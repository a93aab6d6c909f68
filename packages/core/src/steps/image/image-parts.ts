import type { ContextEntry } from '../../context/context-file.js'
import type { BuildDefinition } from '../../definition/declare/build-settings.js'
import { type Digest, isDigest } from '../../model/digest.js'
import { parseJson } from '../../model/json.js'
import { type Annotations, canonicalJson } from '../../model/oci.js'
import { checkName, checkValue, type NamedCheck } from '../check-value.js'
import type { InputHash } from '../input-hash.js'
import { KEY_SCHEMA } from '../key.js'
import { checkEntries, checkLines } from './context/context-checks.js'

/** Annotation of a published image with the parts of its key. */
export const PARTS_ANNOTATION = 'io.polyarch.parts'

/** Version of {@link ImageParts}. Version 1 had no number, and its hashes could confirm guesses of short values. */
const VERSION = 2

/** Prefix of the settings that hold the digests of other pipelines' images, before the name of each. */
export const IMAGE_SETTING = 'images.'

/** Parts of an image's key, as check values that are too short to confirm a guess. */
export interface ImageParts {
  readonly version: typeof VERSION
  /** Identifies the `keySecret`; all values except the base depend on it. */
  readonly keySecret?: string
  readonly base: Digest
  /** Digest of the check values of the context's entries, which are in the context's record. */
  readonly context: Digest
  /** Digest of the check values of the Dockerfile's lines. */
  readonly dockerfile: Digest
  /** In the order of the names. */
  readonly args: readonly NamedCheck[]
  /** By name: an image's config has names and values of its labels. */
  readonly labels: Readonly<Record<string, string>>
  /** By the name of the option. */
  readonly settings: Readonly<Record<string, string>>
}

/** Inputs from which the parts are made. */
export interface ImageInputs {
  readonly base: Digest
  readonly context: Digest
  /** The text. */
  readonly dockerfile: string
  /** Build settings that determine the result. */
  readonly build: Pick<BuildDefinition, 'args' | 'labels'> & Readonly<Record<string, unknown>>
}

/** Describes inputs part by part. Pure: equal inputs give equal parts. @param entries - of the context */
export function imageParts(
  { base, dockerfile, build }: ImageInputs,
  entries: readonly ContextEntry[],
  hash: InputHash,
): ImageParts {
  const { args, labels, ...settings } = build
  return {
    version: VERSION,
    ...(hash.secretId !== undefined && { keySecret: hash.secretId }),
    base,
    context: digestOnce(checkEntries(entries, hash), hash),
    dockerfile: hash.digest(checkLines(dockerfile, hash)),
    args: checkArgs(args, hash).map(({ name, content }) => ({ name, content })),
    labels: checkValues(labels, hash),
    settings: checkValues({ ...settings, schema: KEY_SCHEMA }, hash),
  }
}

function digestOnce(value: object, hash: InputHash): Digest {
  const make = () => hash.digest(value)
  return hash.once?.(value, make) ?? make()
}

/** Check value of an arg, with the arg's name. */
export interface ArgCheck extends NamedCheck {
  readonly arg: string
}

/** The check values of args, in the order of their names. */
export function checkArgs(args: Readonly<Record<string, string>>, hash: InputHash): readonly ArgCheck[] {
  const names = Object.keys(args).sort()
  return names.map((arg) => ({ arg, name: checkName(arg, hash), content: checkValue([arg, args[arg]], hash) }))
}

function checkValues(values: Readonly<Record<string, unknown>>, hash: InputHash): Readonly<Record<string, string>> {
  const given = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given.map(([name, value]) => [name, checkValue([name, value], hash)]))
}

/** Encodes parts for their annotation. */
export function encodeParts(parts: ImageParts): string {
  return Buffer.from(canonicalJson(parts)).toString()
}

/** Parses the parts in a manifest's annotations; undefined if they have another version. */
export function readParts(annotations: Annotations | undefined): ImageParts | undefined {
  const value = readAnnotation(annotations)
  return isParts(value) ? value : undefined
}

/** The base in the parts of a manifest, of any version. */
export function readBase(annotations: Annotations | undefined): Digest | undefined {
  const base = readAnnotation(annotations)?.['base']
  return isDigestText(base) ? base : undefined
}

function readAnnotation(annotations: Annotations | undefined): Readonly<Record<string, unknown>> | undefined {
  const text = annotations?.[PARTS_ANNOTATION]
  if (text === undefined) return undefined
  try {
    const value: unknown = parseJson(text)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Untrusted: anyone with push access can write it. */
function isParts(value: unknown): value is ImageParts {
  if (!isRecord(value)) return false
  const { version, keySecret, base, context, dockerfile, args, labels, settings } = value
  return (
    version === VERSION &&
    (keySecret === undefined || typeof keySecret === 'string') &&
    [base, context, dockerfile].every(isDigestText) &&
    Array.isArray(args) &&
    args.every(isNamedCheck) &&
    [labels, settings].every((one) => isRecord(one) && Object.values(one).every((item) => typeof item === 'string'))
  )
}

function isNamedCheck(value: unknown): boolean {
  return isRecord(value) && typeof value['name'] === 'string' && typeof value['content'] === 'string'
}

function isDigestText(value: unknown): value is Digest {
  return typeof value === 'string' && isDigest(value)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
