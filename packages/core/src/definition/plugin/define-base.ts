import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { BaseAnswer } from './base-source.js'
import type { Base, BaseIssue, BaseRequest } from './plugin.js'

/** A schema per option, of any library that implements Standard Schema. @see https://standardschema.dev */
export type OptionSchemas = Readonly<Record<string, StandardSchemaV1>>

type Simplify<T> = { readonly [Name in keyof T]: T[Name] }

type OptionalNames<S extends OptionSchemas> = {
  [Name in keyof S]: undefined extends StandardSchemaV1.InferInput<S[Name]> ? Name : never
}[keyof S]

/** The options in `platform(...)`: the input types of the schemas; options that may be undefined are optional. */
export type WrittenOptions<S extends OptionSchemas> = Simplify<
  { readonly [Name in Exclude<keyof S, OptionalNames<S>>]: StandardSchemaV1.InferInput<S[Name]> } & {
    readonly [Name in OptionalNames<S>]?: StandardSchemaV1.InferInput<S[Name]>
  }
>

/** The options as the schemas return them, defaults filled in. */
export type ParsedOptions<S extends OptionSchemas> = {
  readonly [Name in keyof S]: StandardSchemaV1.InferOutput<S[Name]>
}

/** A base whose options are described by schemas. */
export interface SchemaBase<S extends OptionSchemas> {
  /** All platforms of all releases: `linux/arm/v6`. */
  readonly platforms: readonly string[]
  /** A synchronous schema per option. */
  readonly options: S
  /** Returns the source of one platform's base; called only with options that the schemas accept. */
  source(request: BaseRequest<ParsedOptions<S>>): BaseAnswer | BaseIssue | readonly BaseIssue[]
}

/**
 * Defines a base whose options are described by schemas.
 * The schemas define the types in `platform(...)`, and their errors are reported at the option. To use no schema
 * library, write a {@link Base} directly.
 *
 * @example
 * ```ts
 * const alpineBase = defineBase({
 *   platforms: ['linux/amd64', 'linux/arm64'],
 *   options: { release: z.enum(['3.21', '3.22']).default('3.22') },
 *   source: ({ options }) => ({
 *     kind: 'registry',
 *     reference: `docker.io/library/alpine:${options.release}`,
 *     configPolicy: 'require-match',
 *   }),
 * })
 * ```
 */
export function defineBase<const S extends OptionSchemas>(base: SchemaBase<S>): Base<WrittenOptions<S>> {
  return {
    platforms: base.platforms,
    optionNames: Object.keys(base.options) as (string & keyof WrittenOptions<S>)[],
    source: ({ platform, options }) => {
      const results = validate(base.options, options as Readonly<Record<string, unknown>>)
      const issues = results.flatMap((one) => one.issues)
      if (issues.length > 0) return issues
      const parsed = Object.fromEntries(
        results.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])),
      )
      return base.source({ platform, options: parsed as ParsedOptions<S> })
    },
  }
}

interface Validated {
  readonly name: string
  readonly value?: unknown
  readonly issues: readonly BaseIssue[]
}

function validate(schemas: OptionSchemas, options: Readonly<Record<string, unknown>>): readonly Validated[] {
  return Object.entries(schemas).map(([name, schema]): Validated => {
    const result = schema['~standard'].validate(options[name])
    if (result instanceof Promise) return { name, issues: [optionIssue(name, 'its schema is asynchronous')] }
    if (result.issues === undefined) return { name, value: result.value, issues: [] }
    return { name, issues: result.issues.map(({ message, path }) => optionIssue(name, within(message, path))) }
  })
}

function within(message: string, path: StandardSchemaV1.Issue['path']): string {
  const keys = path?.map((part) => String(typeof part === 'object' ? part.key : part)) ?? []
  return keys.length === 0 ? message : `${keys.join('.')}: ${message}`
}

function optionIssue(option: string, message: string): BaseIssue {
  return { kind: 'issue', option, message }
}
