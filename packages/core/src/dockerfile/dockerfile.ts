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

/** One `FROM` and what follows it. */
export interface Stage {
  readonly index: number
  /** In lower case: stage names are compared so. */
  readonly name?: string
  readonly from: ImageUse
  /** Text of `--platform`. */
  readonly platform?: string
  /** Declared by the stage itself. */
  readonly args: readonly ArgDeclaration[]
  /** `COPY --from`, `RUN --mount=from=`. */
  readonly uses: readonly ImageUse[]
  /** Set by ENV, in order; those of the image that it is made from are not known here. */
  readonly env: readonly { readonly name: string; readonly value: string }[]
  /** The sources of `ADD` whose content no `--checksum` tells. */
  readonly adds: readonly ImageUse[]
  /** The sources of `ADD --checksum`. */
  readonly pinnedAdds: readonly ImageUse[]
  readonly secrets: readonly MountedSecret[]
}

/** Something wrong with a Dockerfile. */
export interface DockerfileFault {
  readonly message: string
  readonly hint: string
  readonly line?: number
}

/** What of a Dockerfile decides which images it stands on. */
export interface Dockerfile {
  readonly text: string
  /** Backslash, unless a directive says otherwise. */
  readonly escapeCharacter: string
  /** The frontend named by a `# syntax=` directive. */
  readonly syntax?: ImageUse
  /** The args before the first FROM, in order. */
  readonly globalArgs: readonly ArgDeclaration[]
  readonly stages: readonly Stage[]
  /** The first line before any FROM that is none of those that may stand there. */
  readonly stray?: { readonly keyword: string; readonly line: number }
  /** Why it has not been read. */
  readonly fault?: DockerfileFault
}
