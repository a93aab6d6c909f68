import type { AnnotationMap } from '../definition/declare/annotation-settings.js'
import type { ContextDefinition } from '../definition/declare/build-context.js'
import type { BuildDefinition } from '../definition/declare/build-settings.js'
import type { ImageFormat } from '../definition/declare/declaration.js'
import type { TestDefinition } from '../definition/declare/image-test.js'
import type { PipelineBaseDefinition, RegistryBaseDefinition } from '../definition/definition.js'
import type { BasePolicies, MadeBase } from '../definition/plugin/base-source.js'
import type { Platform } from '../model/platform.js'
import type { Repository } from '../model/reference.js'

interface NodeCommon {
  /** Unique in the graph: `esp8266-build base(linux/arm/v7)`. */
  readonly id: string
  /** Name of the pipeline that it belongs to. */
  readonly pipeline: string
  /** The repository of its result. */
  readonly repository: Repository
  /** Ids of the nodes that must be done before it is performed: those whose results it is made from, and tests. */
  readonly needs: readonly string[]
}

/** One platform's base, copied to the repository of the shared base index. */
export interface BaseNode extends NodeCommon {
  readonly kind: 'base'
  readonly platform: Platform
  readonly source: RegistryBaseDefinition | MadeBase | PipelineBaseDefinition
  /** Whether it has a key tag even if its digest would suffice. */
  readonly keepsKeyTag?: true
}

/** A child of an index: a node's result and its platform. */
export interface ChildNode {
  readonly platform: Platform
  readonly node: string
  /** Whether the index is made without it after a failure. */
  readonly optional?: true
}

/** The shared base: an index over the bases, so that one FROM serves every platform. */
export interface BaseIndexNode extends NodeCommon {
  readonly kind: 'base-index'
  readonly children: readonly ChildNode[]
  /** Whether it has a key tag even if its digest would suffice. */
  readonly keepsKeyTag?: true
}

/** A result of another pipeline of the run that the Dockerfile of an image names, or one of its contexts. */
export interface PipelineImage {
  /** Whole name in the Dockerfile or the context; that of {@link pipelineContext} if the context names the pipeline itself. */
  readonly name: string
  /** Whether `name` is the name of an image, and replaced by the result wherever the build names it. */
  readonly isInDockerfile: boolean
  /** The node whose result the build gets: an index, or the image of one platform. */
  readonly result: string
  /** The node whose result is part of the key: that of the platform's own image, unless others are used too. */
  readonly decidedBy: string
}

/** Identifies a pipeline among the images of a build; no image has such a name. */
export function pipelineContext(pipeline: string): string {
  return `pipeline ${pipeline}`
}

/** One platform's image, built on its base. */
export interface ImageNode extends NodeCommon {
  readonly kind: 'image'
  readonly platform: Platform
  /** Whether the run continues if it fails. */
  readonly optional?: true
  readonly build: BuildDefinition
  /** Path of its pipeline in issues. */
  readonly path: string
  /** Annotations of its entry in the index. */
  readonly entryAnnotations: AnnotationMap
  /** The node whose result is this platform's base alone. */
  readonly base: string
  /** The node of the index that FROM uses. */
  readonly baseIndex: string
  /** Name of the base as published, not of its copy; undefined if it is published by digest only. */
  readonly baseName?: string
  /** The policies that its base is checked under, without the default ones. */
  readonly policies: BasePolicies
  /** Results of other pipelines of the run that its Dockerfile names. */
  readonly pipelineImages: readonly PipelineImage[]
  /** Names that a literal FROM may use for the base. */
  readonly baseNames: readonly string[]
  /** The image that is the base of every platform of the pipeline. */
  readonly baseImage?: string
  readonly format: ImageFormat
}

/** One test of one platform's image. */
export interface TestNode extends NodeCommon {
  readonly kind: 'test'
  readonly platform: Platform
  /** Whether the run continues without the platform if it fails. */
  readonly optional?: true
  /** The node whose result it tests. */
  readonly image: string
  readonly test: TestDefinition
}

/** Whether a builder does the work of a node: it builds an image, or runs commands in one. */
export function needsBuilder(node: Node): node is ImageNode | TestNode {
  return node.kind === 'image' || (node.kind === 'test' && ['command', 'function'].includes(node.test.kind))
}

/** The final index over the images. */
export interface IndexNode extends NodeCommon {
  readonly kind: 'index'
  readonly children: readonly ChildNode[]
  readonly format: ImageFormat
  readonly annotations: AnnotationMap
  /** Contexts of its images, each once: their origin is recorded on the index. */
  readonly contexts: readonly ContextDefinition[]
  /** Whether a statement says which images it lists. */
  readonly provenance?: true
}

/** A node of the graph. */
export type Node = BaseNode | BaseIndexNode | ImageNode | TestNode | IndexNode

/** Nodes and their dependencies; each node comes after all that it needs. Plain data. */
export interface Graph {
  readonly nodes: readonly Node[]
}
