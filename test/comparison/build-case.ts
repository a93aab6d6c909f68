import type { BuildSettings } from '../../packages/core/src/index.js'

/** A file of a context. A name that is not UTF-8 is in its bytes, as latin1. */
export type CaseFile =
  | string
  | {
      readonly content?: string
      readonly mode?: number
      readonly date?: string
      readonly rawName?: true
      /** A capability, which is an extended attribute of the file. */
      readonly capability?: string
    }
  | { readonly linkTo: string }
  | { readonly hardLinkTo: string }
  | { readonly directory: number }

/** One build: what follows `FROM ${BASE_IMAGE}`, or a whole Dockerfile; `TOOL` is an image of the registry, `HOST` its host, `SHARED` the shared base. */
export interface BuildCase {
  readonly what: string
  readonly dockerfile: string
  readonly files?: Readonly<Record<string, CaseFile>>
  readonly build?: BuildSettings
  /** The same in the words of bake. */
  readonly bake?: Readonly<Record<string, unknown>>
  /** Whether it uses the image `TOOL`. */
  readonly usesTool?: true
  /** The builders that take it, where not all do: BuildKit 0.8 of engine 20.10, or the newer one. */
  readonly only?: 'older' | 'newer'
}
