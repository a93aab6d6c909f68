import { formatPlatform, type Platform } from '../../../model/platform.js'
import {
  formatReference,
  isTag,
  namesHost,
  parseReference,
  type Reference,
  type Repository,
  repositoryOf,
  withDefaultTag,
} from '../../../model/reference.js'
import type { DeclaredPipeline } from '../../declare/declaration.js'
import type { PlatformDefinition } from '../../definition.js'
import type { Issues } from '../../issues.js'

/** Converts published names to references on the selected registry. */
export class TargetNames {
  /** `host[/prefix]` that replaces every written host, if `--registry` is given. */
  readonly #registry: string | undefined
  readonly #issues: Issues

  constructor(registry: string | undefined, issues: Issues) {
    this.#registry = registry
    this.#issues = issues
  }

  /** The repository of `pipeline(name)`. */
  repository(written: string, path: string): Repository | undefined {
    const reference = this.reference(written, path)
    if (reference === undefined) return undefined
    if (reference.tag !== undefined || reference.digest !== undefined) {
      this.#issues.add(path, `'${written}' has a tag or digest`, "write the repository only, and tags as .tags('1.0')")
      return undefined
    }
    return repositoryOf(reference)
  }

  /** The name of the shared base, if it has one of its own. */
  sharedBase(written: string | undefined, path: string): Reference | undefined {
    const reference = written === undefined ? undefined : this.reference(written, `${path}.sharedBase`)
    return reference && withDefaultTag(reference)
  }

  /** Any name that is pushed to. */
  reference(written: string, path: string): Reference | undefined {
    const parsed = /^:|^$/.test(written) ? undefined : parseReference(written)
    if (parsed === undefined) {
      this.#issues.add(path, `'${written}' is not a valid image name`, nameHint(written))
      return undefined
    }
    if (this.#registry !== undefined) return this.#moved(written, path)
    if (namesHost(written)) return parsed
    this.#issues.add(
      path,
      `'${written}' has no registry host`,
      `write the host (docker.io/${parsed.repository} for Docker Hub), or use --registry HOST or --registry embedded`,
    )
    return undefined
  }

  /**
   * The names of the index: tags in the pipeline's repository, or full names. Names that become equal by `--registry`
   * count once.
   */
  indexNames(tags: readonly string[], repository: Repository | undefined, path: string): readonly Reference[] {
    const seen = new Set<string>()
    return tags.flatMap((written) => {
      const name = this.#indexName(written, repository, path)
      if (name === undefined || (written.includes('/') && seen.has(formatReference(name)))) return []
      seen.add(formatReference(name))
      return [name]
    })
  }

  #indexName(written: string, repository: Repository | undefined, path: string): Reference | undefined {
    if (!written.includes('/')) {
      if (isTag(written)) return repository && { ...repository, tag: written }
      const hint =
        "use letters, digits, '_', '.' and '-', at most 128 characters; for a full name write 'host/path:tag'"
      this.#issues.add(path, `tag '${written}' is not valid`, hint)
      return undefined
    }
    const reference = this.reference(written, path)
    if (reference?.digest !== undefined) this.#refuseDigest(written, path)
    return reference && withDefaultTag(reference)
  }

  #refuseDigest(written: string, path: string): void {
    this.#issues.add(path, `'${written}' has a digest, which cannot be pushed to`, 'write a tag')
  }

  #moved(written: string, path: string): Reference | undefined {
    const place = onRegistry(this.#registry ?? '', written)
    if (place === undefined) {
      const hint =
        schemeHint(this.#registry ?? '') ?? "write 'host[:port][/prefix]', or 'embedded' for the embedded registry"
      this.#issues.add('--registry', `registry host '${this.#registry}' is not valid`, hint)
      return undefined
    }
    const { digest, ...target } = place
    if (digest !== undefined) this.#refuseDigest(written, path)
    return target
  }
}

/** The same image on `host[:port][/prefix]`; undefined if either is not valid. */
export function onRegistry(registry: string, written: string): Reference | undefined {
  const parsed = parseReference(written)
  if (parsed === undefined || !namesHost(`${registry}/`)) return undefined
  const bare = namesHost(written) ? parsed.repository : written.replace(/[:@].*$/s, '')
  const place = parseReference(`${registry}/${bare}`)
  const { tag, digest } = parsed
  return place && { ...repositoryOf(place), ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) }
}

/** Hint for a host written with a scheme; the protocol is a setting of the registry. */
function schemeHint(written: string): string | undefined {
  const [, scheme, rest] = /^(https?:\/\/)(.*)$/is.exec(written) ?? []
  if (scheme === undefined) return undefined
  const how =
    scheme.length === 'http://'.length ? '; plain HTTP is used for loopback hosts and those in insecureHosts' : ''
  return `write it without '${scheme}': '${rest?.replace(/(?<!\/)\/+$/, '')}'${how}`
}

function nameHint(written: string): string {
  const scheme = schemeHint(written)
  if (scheme !== undefined) return scheme
  if (written === '' || written.startsWith(':')) return 'write the repository: registry.example.com/team/app'
  if (/[A-Z]/.test(written)) return 'write the repository in lower case'
  return "write 'host/path:tag', the path in lower case letters, digits, '.', '_', '-' and '/'"
}

const PLACEHOLDER = /\{([^{}]*)\}/g
const PLACEHOLDERS = ['repository', 'tag', 'os', 'arch', 'variant']

/** The name of one platform's image by a pattern such as `{repository}-{arch}{variant}:{tag}`. */
export function expandPattern(
  pattern: string,
  values: { readonly repository: string; readonly tag: string; readonly platform: Platform },
): string {
  const { os, architecture, variant = '' } = values.platform
  const words: Record<string, string> = {
    repository: values.repository,
    tag: values.tag,
    os,
    arch: architecture,
    variant,
  }
  return pattern.replace(PLACEHOLDER, (whole, word: string) => words[word] ?? whole)
}

/** Adds an issue for every unknown placeholder. */
function checkPattern(pattern: string, path: string, issues: Issues): boolean {
  const unknown = [...pattern.matchAll(PLACEHOLDER)].map(([, word = '']) => word).find((w) => !PLACEHOLDERS.includes(w))
  if (unknown === undefined) return true
  issues.add(path, `placeholder {${unknown}} in '${pattern}' is unknown`, `use {${PLACEHOLDERS.join('}, {')}}`)
  return false
}

/** A published name with its publisher and content; others may publish equal content. */
interface Claim {
  readonly owner: string
  readonly content?: string | undefined
}

/** Rejects names with two publishers, unless both publish equal content: the last one would silently own the name. */
export class PublishedNames {
  readonly #claims = new Map<string, Claim>()
  readonly #issues: Issues

  constructor(issues: Issues) {
    this.#issues = issues
  }

  /** @param content - identity of the content; without it, every second claim is an issue */
  claim(name: string, owner: string, path: string, content?: string): void {
    const other = this.#claims.get(name)
    this.#claims.set(name, { owner, content })
    if (other === undefined || (content !== undefined && other.content === content)) return
    const isShared = content !== undefined && other.content !== undefined
    this.#issues.add(
      path,
      `${name} is published twice: as ${other.owner} and as ${owner}`,
      isShared ? 'declare the same platforms and bases in both, or change one of the names' : 'change one of the names',
    )
  }
}

/** The content by which pipelines with the same shared base are compared. */
export function sharedContent(platforms: readonly PlatformDefinition[]): string {
  const bases = platforms.map(({ platform, optional, base }) => JSON.stringify([platform, optional, base]))
  return JSON.stringify(bases.toSorted())
}

/** Text for the image of one platform in messages. */
export function imageOwner(pipeline: string, platform: Platform): string {
  return `the ${formatPlatform(platform)} image of ${pipeline}`
}

/** Input for reading the names of a platform. */
interface PlatformNameReading {
  readonly targets: TargetNames
  readonly published: PublishedNames
  readonly issues: Issues
  /** The publisher of the names, for messages. */
  readonly owner: string
  readonly path: string
}

/** Computes the names of one platform's image, and claims them. */
export function readPlatformNames(
  { repository, tags, platformNames }: DeclaredPipeline['declaration'],
  platform: Platform,
  { targets, published, issues, owner, path }: PlatformNameReading,
): readonly Reference[] {
  const ownTags = tags.filter((tag) => !tag.includes('/'))
  const written = platformNames
    .filter((pattern) => checkPattern(pattern, path, issues))
    .flatMap((pattern) => ownTags.map((tag) => expandPattern(pattern, { repository, tag, platform })))
  return [...new Set(written)].flatMap((name) => {
    const reference = targets.reference(name, path)
    if (reference === undefined) return []
    const complete = withDefaultTag(reference)
    published.claim(formatReference(complete), owner, path)
    return [complete]
  })
}
