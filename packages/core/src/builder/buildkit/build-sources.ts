import { type Digest, isDigest } from '../../model/digest.js'
import type { BuildStatus } from './status.js'

/** An image or remote file that a build resolved outside of its context. */
export type BuildSource =
  | {
      readonly kind: 'image'
      /** The full name, with its tag: `docker.io/library/alpine:3.22`. */
      readonly name: string
      /** The digest that the name resolved to; undefined if the builder used a local image of that name. */
      readonly digest: Digest | undefined
    }
  | {
      /** Content without a digest: a URL or a git repository. */
      readonly kind: 'remote'
      readonly url: string
    }

/** `[internal] load metadata for NAME`, and the same of a named context and of a frontend. */
const RESOLVES = /(?:load metadata for|resolve image config for) (?:docker-image:\/\/)?(\S+)$/

/** `[stage 1/3] FROM NAME@DIGEST`, `docker-image://NAME@DIGEST` of a frontend, `[context base] NAME@DIGEST`. */
const IMAGE = /(?:^docker-image:\/\/|^|FROM |\] )([^\s@[\]]+)@(sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/

/** `FROM NAME`: before BuildKit 0.11, what COPY and mounts name is resolved as it is pulled. */
const UNRESOLVED = /(?:^|\] )FROM ([^\s@]+)$/

/** What ADD fetches. BuildKit before 0.12 uses it as the name of the step. */
const REMOTE = /^(?:(?:https?|git|ssh):\/\/|git@)\S/

/** `[stage 2/3] ADD URL /path`: newer versions name the step after the instruction, with its variables expanded. */
const ADD = /^\[[^\]]*\] (?:ONBUILD )?ADD (.+)$/s

/**
 * Collects the sources of a build from the names of its steps: the only report that every version of BuildKit makes,
 * also for cached steps.
 */
export class BuildSources {
  readonly #images = new Map<string, Digest | undefined>()
  readonly #remotes = new Set<string>()

  add({ vertexes }: Pick<BuildStatus, 'vertexes'>): void {
    for (const { name } of vertexes) this.#addName(name)
  }

  list(): readonly BuildSource[] {
    const images = [...this.#images].map(([name, digest]) => ({ kind: 'image' as const, name, digest }))
    const remotes = [...this.#remotes].map((url) => ({ kind: 'remote' as const, url }))
    return [...images, ...remotes]
  }

  #addName(step: string): void {
    const [, resolved] = RESOLVES.exec(step) ?? UNRESOLVED.exec(step) ?? []
    // A name with a digest never changes, and the Dockerfile contains it.
    if (resolved !== undefined && !resolved.includes('@')) this.#images.set(resolved, this.#images.get(resolved))
    const [, name, digest = ''] = IMAGE.exec(step) ?? []
    if (name !== undefined && isDigest(digest) && this.#images.has(name)) this.#images.set(name, digest)
    for (const source of [step, ...addedSources(step)]) if (REMOTE.test(source)) this.#remotes.add(source)
  }
}

/** The sources of an ADD instruction. None if a checksum pins them. */
function addedSources(step: string): readonly string[] {
  const [, instruction = ''] = ADD.exec(step) ?? []
  const [, flags = '', text = ''] = /^((?:--\S+ )*)(.*)$/s.exec(instruction) ?? []
  if (flags.includes('--checksum=')) return []
  // A list in JSON is printed as `[one, two, /path]`.
  const words = text.startsWith('[') ? text.slice(1, -1).split(', ') : text.split(' ')
  return words.slice(0, -1)
}
