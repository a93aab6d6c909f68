/** A piece of a Dockerfile's text. */
export interface Span {
  /** Offset of the first character. */
  readonly start: number
  /** Offset after the last character. */
  readonly end: number
  /** Line, from 1. */
  readonly line: number
}

/** A place where a Dockerfile names an image or a stage, as written, variables not yet expanded. */
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
  /** In lower case: stage names are compared so. */
  readonly name?: string
  readonly from: ImageUse
  /** Text of `--platform`. */
  readonly platform?: string
  readonly steps: readonly StageStep[]
}

/** Something wrong with a Dockerfile. */
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
  /** Whether another frontend than Docker's is named, which may read the text in its own way. */
  readonly isForeign?: boolean
  /** The args before the first FROM, in order. */
  readonly globalArgs: readonly ArgDeclaration[]
  readonly stages: readonly Stage[]
  /** The lines that decide what is built; undefined if that is not certain. */
  readonly essence?: string | undefined
  /** The first line before any FROM that is none of those that may stand there. */
  readonly stray?: { readonly keyword: string; readonly line: number }
  /** Why it has not been read. */
  readonly issue?: DockerfileIssue
}
