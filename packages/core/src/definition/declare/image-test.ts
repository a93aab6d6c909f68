import type { ImageConfig } from '../../model/oci.js'
import type { Platform } from '../../model/platform.js'

/** A text that must occur, a pattern that must match, or a list of which all must. */
export type ExpectedText = string | RegExp | readonly (string | RegExp)[]

/** A directory of this machine, mounted read-only for a command. */
export interface TestMount {
  /** Relative paths start at the working directory, as those of build contexts. */
  readonly source: string | URL
  /** Absolute path in the image. */
  readonly target: string
}

/** Options of a command. By default it runs with the image's config, without network. */
export interface CommandOptions {
  /** Added to the environment of the image. */
  readonly env?: Readonly<Record<string, string>>
  /** Default: the image's user. */
  readonly user?: string
  /** Default: the image's working directory. */
  readonly workingDir?: string
  /** Default `none`. */
  readonly network?: 'none' | 'default'
}

/**
 * Runs a command in the image and checks its exit code and output. The image's entrypoint is not used. The command has
 * no standard input, and its changes are discarded.
 */
export interface CommandTest extends CommandOptions {
  /** Program and arguments, run without a shell. */
  readonly command: readonly string[]
  /** Default 0. */
  readonly exitCode?: number
  /** Expected in standard output. */
  readonly expectedOutput?: ExpectedText
  /** Not allowed in standard output. */
  readonly excludedOutput?: ExpectedText
  /** Expected in standard error. */
  readonly expectedError?: ExpectedText
  /** Not allowed in standard error. */
  readonly excludedError?: ExpectedText
  /** Files for the command. They are part of the test: a test runs again if they change. */
  readonly mount?: TestMount
  /** In milliseconds; default 10 minutes. */
  readonly timeout?: number
}

/** Checks a file of the image in its layers. Nothing runs, so it works for every platform. */
export interface FileTest {
  /** Absolute. Links are followed, unless `type` is `symlink`. */
  readonly path: string
  /** Default true. */
  readonly shouldExist?: boolean
  readonly type?: 'file' | 'directory' | 'symlink'
  /** Permission bits, `0o755` or `'0755'`. */
  readonly mode?: number | string
  readonly uid?: number
  readonly gid?: number
  /** Expected in the file. */
  readonly expectedContent?: ExpectedText
  /** Not allowed in the file. */
  readonly excludedContent?: ExpectedText
}

/** Checks the config of the image. */
export interface MetadataTest {
  readonly metadata: {
    /** Variables by name; `false` if the variable must not exist. */
    readonly env?: Readonly<Record<string, string | RegExp | false>>
    /** Labels by name; `false` if the label must not exist. */
    readonly labels?: Readonly<Record<string, string | RegExp | false>>
    readonly entrypoint?: readonly string[]
    readonly cmd?: readonly string[]
    /** `''` if the image has none. */
    readonly user?: string
    readonly workingDir?: string
    /** Ports that must be exposed: `8080` or `53/udp`. */
    readonly exposedPorts?: readonly (number | string)[]
    /** Volumes that must be declared. */
    readonly volumes?: readonly string[]
  }
}

/** Checks the size of the image: its config and layers, compressed, in bytes or as `64m`. */
export interface SizeTest {
  readonly size: { readonly min?: number | string; readonly max?: number | string }
}

/** A finished image, for functions that test it. */
export interface TestedImage {
  readonly platform: Platform
  /** Repository and digest. */
  readonly reference: string
  readonly config: ImageConfig
  /** Bytes of its config and layers, compressed. */
  readonly size: number
  /**
   * Runs a command in the image, each in a new container.
   *
   * @throws EngineError TEST_FAILED if the exit code differs from the expected one
   */
  run(command: readonly string[], options?: ImageRunOptions): Promise<CommandResult>
  /** Reads a file, following links. @throws EngineError TEST_FAILED if there is none */
  readFile(path: string): Promise<Buffer>
  readFile(path: string, encoding: BufferEncoding): Promise<string>
  /** The status of a path, following links; undefined if it does not exist. */
  stat(path: string): Promise<FileStatus | undefined>
  /** The status of a path, without following a link at its end. */
  lstat(path: string): Promise<FileStatus | undefined>
}

/** Options of {@link TestedImage.run}. */
export interface ImageRunOptions extends CommandOptions {
  /** Default 0. */
  readonly exitCode?: number | 'any'
}

/** Result of a command. */
export interface CommandResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** A file, directory, link or device of an image. */
export interface FileStatus {
  readonly type: 'file' | 'directory' | 'symlink' | 'other'
  /** Permission bits, with those of set-user-ID, set-group-ID and the sticky bit. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** In bytes. */
  readonly size: number
  /** Target of a symbolic link. */
  readonly target?: string
}

/** A test in TypeScript: it passes unless it throws. */
export type TestFunction = (image: TestedImage) => void | Promise<void>

/** A test in TypeScript with options. */
export interface FunctionTest {
  readonly run: TestFunction
  /**
   * Version of the function. A passed test is not run again on the same image with the same version, so change it with
   * the function. Without a version, the function runs every time.
   */
  readonly version?: string
  /** In milliseconds; default 10 minutes. */
  readonly timeout?: number
}

/** One test of an image. */
export type ImageTest = CommandTest | FileTest | MetadataTest | SizeTest | FunctionTest | TestFunction

/** Tests by name. `false` removes an earlier test of that name. */
export type TestSettings = Readonly<Record<string, ImageTest | false>>

/** A text or pattern, as data. */
export type TextPattern = { readonly text: string } | { readonly pattern: string; readonly flags: string }

/** A validated command test. */
export interface CommandTestDefinition extends CommandOptions {
  readonly kind: 'command'
  readonly name: string
  readonly command: readonly string[]
  readonly exitCode: number
  readonly expectedOutput: readonly TextPattern[]
  readonly excludedOutput: readonly TextPattern[]
  readonly expectedError: readonly TextPattern[]
  readonly excludedError: readonly TextPattern[]
  readonly mount?: { readonly source: string; readonly target: string }
  readonly timeout: number
}

/** A validated file test. */
export interface FileTestDefinition {
  readonly kind: 'file'
  readonly name: string
  readonly path: string
  readonly shouldExist: boolean
  readonly type?: 'file' | 'directory' | 'symlink'
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  readonly expectedContent: readonly TextPattern[]
  readonly excludedContent: readonly TextPattern[]
}

/** A validated metadata test. */
export interface MetadataTestDefinition {
  readonly kind: 'metadata'
  readonly name: string
  readonly env: Readonly<Record<string, ExpectedValue>>
  readonly labels: Readonly<Record<string, ExpectedValue>>
  readonly entrypoint?: readonly string[]
  readonly cmd?: readonly string[]
  readonly user?: string
  readonly workingDir?: string
  /** With protocol: `8080/tcp`. */
  readonly exposedPorts: readonly string[]
  readonly volumes: readonly string[]
}

/** An exact value, a pattern, or `false` if there must be none. */
export type ExpectedValue = TextPattern | false

/** A validated size test, in bytes. */
export interface SizeTestDefinition {
  readonly kind: 'size'
  readonly name: string
  readonly min?: number
  readonly max?: number
}

/** A validated function test. */
export interface FunctionTestDefinition {
  readonly kind: 'function'
  readonly name: string
  readonly run: TestFunction
  readonly version?: string
  readonly timeout: number
}

/** One test of one platform's image. Plain data, except for functions. */
export type TestDefinition =
  | CommandTestDefinition
  | FileTestDefinition
  | MetadataTestDefinition
  | SizeTestDefinition
  | FunctionTestDefinition
