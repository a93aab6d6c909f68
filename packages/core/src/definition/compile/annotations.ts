import type { Platform } from '../../model/platform.js'
import type { AnnotationMap, AnnotationSettings } from '../declare/annotation-settings.js'
import type { PipelineDeclaration } from '../declare/declaration.js'
import { valueFor } from '../declare/per-platform.js'
import { type Issues, suggest } from '../issues.js'

/** Validated annotations of one image. */
export interface ImageAnnotations {
  readonly manifest?: AnnotationMap
  readonly entry: AnnotationMap
}

const LEVELS: readonly string[] = ['index', 'manifest', 'manifestDescriptor'] satisfies (keyof AnnotationSettings)[]

/** Prefix of the annotations with which polyarch finds its results. */
const OWN_PREFIX = 'io.polyarch.'

type Declared = Pick<PipelineDeclaration, 'annotations' | 'format'>

/** Computes the annotations of the final index, and validates those of all levels. */
export function readIndexAnnotations(declared: Declared, path: string, issues: Issues): AnnotationMap {
  const own = `${path}.annotations`
  if (declared.format === 'docker' && declared.annotations.length > 0) addDockerIssue(own, issues)
  for (const level of new Set(declared.annotations.flatMap(Object.keys))) {
    if (LEVELS.includes(level)) continue
    const hint = level.startsWith('index') ? 'exists in image layouts only' : suggest(level, LEVELS)
    issues.add(`${own}.${level}`, 'is not an annotation level that a registry stores', hint)
  }
  return merge(declared.annotations.map(({ index }) => readMap(index, `${own}.index`, issues)))
}

/** The annotations that a pipeline and a base state for one platform. */
interface DeclaredAnnotations {
  readonly declared: Declared
  readonly ofBase: Readonly<Record<string, string>> | undefined
  readonly platform: Platform
}

/** Computes the annotations of one platform's image: those of the settings override those of its base. */
export function readImageAnnotations(
  { declared, ofBase = {}, platform }: DeclaredAnnotations,
  path: string,
  issues: Issues,
): ImageAnnotations {
  const own = `${path}.annotations`
  const decide = (level: 'manifest' | 'manifestDescriptor') =>
    declared.annotations.map((settings) => {
      const place = `${own}.${level}`
      return readMap(valueFor(settings[level], platform, place, issues), place, issues)
    })
  const manifest = merge([ofBase, ...decide('manifest')])
  const entry = merge([ofBase, ...decide('manifestDescriptor')])
  return { entry, ...(Object.keys(manifest).length > 0 && { manifest }) }
}

/** Adds the issue that Docker's media types have no annotations: they would be dropped without a message. */
export function addDockerIssue(path: string, issues: Issues): void {
  issues.add(path, "Docker's media types have no annotations", "use .format('oci'), or labels: build({ labels })")
}

function readMap(value: unknown, path: string, issues: Issues): AnnotationMap {
  if (value === undefined) return {}
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    issues.add(path, 'must be an object of strings by name')
    return {}
  }
  for (const [name, text] of Object.entries(value)) {
    if (name === '') issues.add(path, 'has an annotation with an empty name')
    if (name.startsWith(OWN_PREFIX))
      issues.add(path, `annotation '${name}' is reserved by polyarch`, 'use another prefix')
    if (typeof text !== 'string' && text !== false)
      issues.add(path, `annotation '${name}' must be a string, or false to omit it`)
  }
  return value as AnnotationMap
}

function merge(maps: readonly AnnotationMap[]): AnnotationMap {
  return Object.assign({}, ...maps)
}
