/** A piece of a Dockerfile's text. */
export interface Span {
  /** Offset of the first character. */
  readonly start: number
  /** Offset after the last character. */
  readonly end: number
  /** Line, from 1. */
  readonly line: number
}

/** A name of an image or a stage in a Dockerfile, before variables are expanded. */
export interface ImageUse extends Span {
  readonly text: string
}

/** `ARG name=default`. */
export interface ArgDeclaration {
  readonly name: string
  readonly default?: string
}

/** A secret or an ssh agent that a step mounts. */
export interface MountedSecret {
  readonly kind: 'secret' | 'ssh'
  readonly id: string
  /** Whether the step fails without it. */
  readonly isRequired: boolean
  /** Line, from 1. */
  readonly line: number
}

/** `ENV name=value`. */
export interface EnvDeclaration {
  readonly name: string
  readonly value: string
}

/** An option of `RUN --mount`, its name in lower case. */
export interface StepMount {
  readonly options: ReadonlyMap<string, string | undefined>
  readonly from?: ImageUse
}

/** An instruction of a stage that decides what the build reads. */
export type StageStep =
  | { readonly kind: 'arg'; readonly args: readonly ArgDeclaration[] }
  | { readonly kind: 'env'; readonly env: readonly EnvDeclaration[] }
  | { readonly kind: 'run'; readonly line: number; readonly mounts: readonly StepMount[] }
  | {
      readonly kind: 'copy'
      readonly isAdd: boolean
      readonly from?: ImageUse
      /** Without heredocs. */
      readonly sources: readonly ImageUse[]
      readonly checksum?: string
    }
  /** Runs at the start of the stages that are based on this one. */
  | { readonly kind: 'onbuild'; readonly trigger: StageStep }

/** One `FROM` and what follows it. */
export interface Stage {
  readonly index: number
  /** In lower case, because stage names are compared without case. */
  readonly name?: string
  readonly from: ImageUse
  /** Text of `--platform`. */
  readonly platform?: string
  readonly steps: readonly StageStep[]
}

/** An issue of a Dockerfile. */
export interface DockerfileIssue {
  readonly message: string
  readonly hint: string
  readonly line?: number
}

/** The parts of a Dockerfile that determine its base images. */
export interface Dockerfile {
  readonly text: string
  /** Backslash, unless a directive says otherwise. */
  readonly escapeCharacter: string
  /** The frontend named by a `# syntax=` directive. */
  readonly syntax?: ImageUse
  /** Whether it names another frontend than Docker's, which may have another syntax. */
  readonly isForeign?: boolean
  /** The args before the first FROM, in order. */
  readonly globalArgs: readonly ArgDeclaration[]
  readonly stages: readonly Stage[]
  /** The lines that determine the result; undefined if that is not certain. */
  readonly essence?: string | undefined
  /** The first line before any FROM that is not allowed there. */
  readonly stray?: { readonly keyword: string; readonly line: number }
  /** Why it could not be parsed. */
  readonly issue?: DockerfileIssue
}
