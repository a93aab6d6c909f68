import type { Architecture } from '../../model/platform.js'
import type { Bases, OptionsOf, PlatformAliases } from '../plugin/plugin.js'
import type { BuildSettings } from './build-settings.js'
import type { DeclaredPipeline, PlatformDeclaration } from './declaration.js'
import type { ImageBase } from './image-base.js'
import type { TestSettings } from './image-test.js'

/** Settings for `platform(...)` other than the options of its base. */
export interface CommonPlatformSettings {
  /** Variant of the architecture: `v7`. */
  readonly variant?: string
  /** `os.version` of its entry in the final index: the required build of the operating system. */
  readonly osVersion?: string
  /** `os.features` of its entry in the final index: `win32k`. */
  readonly osFeatures?: readonly string[]
  /**
   * Publish the index without this platform if its image cannot be built; the exit code is 4 then. Never removes a
   * platform that a name has now. Default false.
   */
  readonly optional?: boolean
  /** Overrides of the pipeline's `build(...)` for this platform. */
  readonly build?: BuildSettings
  /** Tests for this platform; they replace those of `test(...)` by name, and `false` removes one. */
  readonly test?: TestSettings
}

/** Settings of a platform whose base is a value: another pipeline, or an image. */
export interface ValueBaseSettings extends CommonPlatformSettings {
  readonly base: DeclaredPipeline | ImageBase
}

/** Settings of a platform whose base is one of a plugin, discriminated by `base`. */
export type NamedBaseSettings<B extends Bases> = {
  readonly [Name in keyof B & string]: CommonPlatformSettings & { readonly base: Name } & Readonly<OptionsOf<B[Name]>>
}[keyof B & string]

/** All settings of `platform(...)` in a pipeline that uses the bases B. */
export type PlatformSettings<B extends Bases> = NamedBaseSettings<B> | ValueBaseSettings

/** For each platform alias of the plugins in use, the settings of its base; naming the base is optional. */
export type AliasSettings<B extends Bases, W extends PlatformAliases> = {
  readonly [Word in keyof W]: CommonPlatformSettings & { readonly base?: W[Word]['base'] } & Readonly<
      OptionsOf<B[W[Word]['base']]>
    >
}

/** The settings of base N. */
type SettingsWith<Settings, N> = Settings extends { readonly base: infer Own }
  ? [N] extends [Own]
    ? Settings
    : never
  : never

/** The same, but all of them if no base is named N: the error is then reported at `base` and lists the names. */
type SettingsFor<Settings, N> = [SettingsWith<Settings, N>] extends [never] ? Settings : SettingsWith<Settings, N>

/** Settings after an architecture or a platform alias. */
type SettingsAfter<Settings, Words, Written, N> = Written extends keyof Words
  ? Words[Written] | SettingsWith<Settings, N>
  : SettingsFor<Settings, N>

/**
 * Declares one platform: the architecture, by any of its names, a whole `os/arch/variant` or a platform alias of a plugin in use,
 * and its base.
 *
 * Written inside `.platforms(...)`, the settings are checked against the plugins in use, name by name; written on its
 * own, they are checked when the pipeline is planned.
 *
 * @example
 * ```ts
 * platform('arm', { variant: 'v7', base: 'raspbian', release: 'bookworm' })
 * ```
 */
export function platform<
  // biome-ignore lint/suspicious/noExplicitAny: without a pipeline around it there is nothing to check the settings against.
  Settings extends { readonly base: unknown } = any,
  // biome-ignore lint/suspicious/noExplicitAny: the same.
  Words extends object = any,
  const Base extends Settings['base'] = Settings['base'],
  const Written extends string = string,
>(
  // Any text is accepted; editors propose the known ones.
  architecture: Written | NoInfer<keyof Words & string> | Architecture,
  settings: { readonly base?: Base } & NoInfer<SettingsAfter<Settings, Words, Written, Base>>,
): PlatformDeclaration<Settings, Words> {
  return Object.freeze({ kind: 'platform', architecture, settings: Object.freeze({ ...settings }) as never })
}
