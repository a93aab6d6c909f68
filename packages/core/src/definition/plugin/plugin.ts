import type { Platform } from '../../model/platform.js'
import type { BaseAnswer } from './base-source.js'

/** Version of the contract between core and plugins. */
export const PLUGIN_CONTRACT = 1

/** Options that `platform(...)` keeps for itself, and that no base may claim. */
export type ReservedOption = 'base' | 'variant' | 'osVersion' | 'osFeatures' | 'build' | 'test' | 'optional'

/** Request for the base of one platform, with the options of `platform(...)`. */
export interface BaseRequest<Options extends object> {
  readonly platform: Platform
  readonly options: Options
}

/**
 * Reason why a base cannot be made, or an option is not valid. Returned rather than thrown, so that all issues are
 * reported together.
 */
export interface BaseIssue {
  readonly kind: 'issue'
  /** The invalid option; if not set, the platform is not valid. */
  readonly option?: string
  readonly message: string
  readonly hint?: string
}

/** One base of a plugin. It must be pure: equal requests return equal answers, without I/O. */
export interface Base<Options extends object = object> {
  /**
   * All platforms of its releases, such as `linux/arm/v6`: the error for a missing platform lists the bases that have
   * it.
   */
  readonly platforms: readonly string[]
  /** Names of its options, so that a misspelt one is rejected by name. */
  readonly optionNames: readonly (string & keyof Options)[]
  /** Returns the source of one platform's base, or all issues of the request. */
  source(request: BaseRequest<Options>): BaseAnswer | BaseIssue | readonly BaseIssue[]
}

// biome-ignore lint/suspicious/noExplicitAny: only `any` accepts bases of every option type, options being contravariant.
export type AnyBase = Base<any>

/** Bases by the name that `platform(..., { base })` uses. */
export type Bases = Readonly<Record<string, AnyBase>>

/** Value of a platform alias: a platform, and the base to use if `platform(...)` names no other. */
export interface PlatformAlias<Name extends string = string> {
  /** `linux/arm/v6` */
  readonly platform: string
  readonly base: Name
}

/** Platform aliases, used in `platform(...)` in place of an architecture: `raspberrypi-zero`. */
export type PlatformAliases = Readonly<Record<string, PlatformAlias>>

/** A plugin: bases by name. Created by {@link definePlugin}. A plugin of literal bases has no platform aliases. */
export interface Plugin<
  B extends Bases = Bases,
  W extends PlatformAliases = Bases extends B ? PlatformAliases : Record<never, never>,
> {
  readonly kind: 'plugin'
  readonly contract: number
  /** The npm package, for messages. */
  readonly name: string
  readonly bases: B
  readonly aliases: W
}

/** The options of a base. */
export type OptionsOf<B> = B extends Base<infer Options> ? Options : never

/** The names of options; none of a base that was written without their types. */
type NamesOf<Options> = 0 extends 1 & Options ? never : keyof Options

/** Makes a base with reserved option names a type error. */
type WithoutReserved<B extends Bases> = {
  readonly [Name in keyof B]: NamesOf<OptionsOf<B[Name]>> & ReservedOption extends never ? B[Name] : never
}

/**
 * Defines a plugin from its bases and, optionally, its platform aliases.
 *
 * @example
 * ```ts
 * export const alpine = () => definePlugin({ name: 'polyarch-plugin-alpine', bases: { alpine: alpineBase } })
 * ```
 */
export function definePlugin<
  const B extends Bases,
  const W extends Readonly<Record<string, PlatformAlias<keyof B & string>>> = Record<never, never>,
>(plugin: { readonly name: string; readonly bases: B & WithoutReserved<B>; readonly aliases?: W }): Plugin<B, W> {
  const { name, bases, aliases = {} as W } = plugin
  return Object.freeze({ kind: 'plugin', contract: PLUGIN_CONTRACT, name, bases, aliases })
}
