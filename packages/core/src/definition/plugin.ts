import type { Platform } from '../model/platform.js'
import type { BaseSource } from './base-source.js'

/** The version of the contract between core and plugins that this core speaks. */
export const PLUGIN_CONTRACT = 1

/** Options that `platform(...)` keeps for itself, and that no base may claim. */
export type ReservedOption = 'base' | 'variant' | 'osVersion' | 'osFeatures' | 'build' | 'optional'

/** What a base is asked: one platform, with the options written in `platform(...)`. */
export interface BaseRequest<Options extends object> {
  readonly platform: Platform
  readonly options: Options
}

/** A base that can't be had, and why. Returned, not thrown, so that all faults are told together. */
export interface Refusal {
  readonly kind: 'refusal'
  /** The option at fault; without it, the platform is. */
  readonly option?: string
  readonly message: string
  readonly hint?: string
}

/** One base of a plugin. Pure: the same request gives the same answer, and nothing is read or contacted. */
export interface Base<Options extends object = object> {
  /** Every platform that some release has, `linux/arm/v6` style: lets core say which base has a missing platform. */
  readonly platforms: readonly string[]
  /** The options that it understands, so that a misspelt one is refused by name. */
  readonly optionNames: readonly (string & keyof Options)[]
  /** Says where the base of one platform comes from. */
  source(request: BaseRequest<Options>): BaseSource | Refusal
}

// biome-ignore lint/suspicious/noExplicitAny: only `any` accepts bases of every option type, options being contravariant.
export type AnyBase = Base<any>

/** Bases by the name that `platform(..., { base })` uses. */
export type Bases = Readonly<Record<string, AnyBase>>

/** A plugin: bases under names. Made by {@link definePlugin}. */
export interface Plugin<B extends Bases = Bases> {
  readonly kind: 'plugin'
  readonly contract: number
  /** The npm package, for messages. */
  readonly name: string
  readonly bases: B
}

type OptionsOf<B> = B extends Base<infer Options> ? Options : never

/** Turns a base whose options claim a reserved word into a type that nothing fits. */
type WithoutReserved<B extends Bases> = {
  readonly [Name in keyof B]: keyof OptionsOf<B[Name]> & ReservedOption extends never ? B[Name] : never
}

/**
 * Makes a plugin from its bases.
 *
 * @example
 * ```ts
 * export const alpine = () => definePlugin({ name: 'polyarch-plugin-alpine', bases: { alpine: alpineBase } })
 * ```
 */
export function definePlugin<const B extends Bases>(plugin: {
  readonly name: string
  readonly bases: B & WithoutReserved<B>
}): Plugin<B> {
  return Object.freeze({ kind: 'plugin', contract: PLUGIN_CONTRACT, name: plugin.name, bases: plugin.bases })
}
