import type { ImageConfig } from '../../model/oci.js'
import type { Platform } from '../../model/platform.js'

/** Texts that must occur, or patterns that must match: one, or all of a list. */
export type ExpectedText = string | RegExp | readonly (string | RegExp)[]

/** A directory of this machine that a command sees, read-only. */
export interface TestMount {
  /** Relative paths start at the working directory, as those of build contexts. */
  readonly source: string | URL
  /** Absolute path in the image. */
  readonly target: string
}

/** How a command runs. By default as the image's config says, without network. */
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
 * Runs a command in the image and checks how it ends. The image's entrypoint is not used. The command gets no standard
 * input, and its changes are dropped.
 */
export interface CommandTest extends CommandOptions {
  /** Program and arguments; no shell is added. */
  readonly command: readonly string[]
  /** Default 0. */
  readonly exitCode?: number
  /** What standard output contains. */
  readonly expectedOutput?: ExpectedText
  /** What standard output does not contain. */
  readonly excludedOutput?: ExpectedText
  /** What standard error contains. */
  readonly expectedError?: ExpectedText
  /** What standard error does not contain. */
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
  /** What the file contains. */
  readonly expectedContent?: ExpectedText
  /** What the file does not contain. */
  readonly excludedContent?: ExpectedText
}

/** Checks the config of the image. */
export interface MetadataTest {
  readonly metadata: {
    /** Variables by name; `false` if there must be none of that name. */
    readonly env?: Readonly<Record<string, string | RegExp | false>>
    /** Labels by name; `false` if there must be none of that name. */
    readonly labels?: Readonly<Record<string, string | RegExp | false>>
    readonly entrypoint?: readonly string[]
    readonly cmd?: readonly string[]
    /** `''` if the image has none. */
    readonly user?: string
    readonly workingDir?: string
    /** Ports that are exposed, among others: `8080` or `53/udp`. */
    readonly exposedPorts?: readonly (number | string)[]
    /** Volumes, among others. */
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
   * @throws EngineError TEST_FAILED if it ends with another exit code than the expected one.
   */
  run(command: readonly string[], options?: ImageRunOptions): Promise<CommandResult>
  /** Reads a file, through links. @throws EngineError TEST_FAILED if there is none */
  readFile(path: string): Promise<Buffer>
  readFile(path: string, encoding: BufferEncoding): Promise<string>
  /** What is at a path, through links; undefined if there is nothing. */
  stat(path: string): Promise<FileStatus | undefined>
  /** The same without following a link at the end of the path. */
  lstat(path: string): Promise<FileStatus | undefined>
}

/** Options of {@link TestedImage.run}. */
export interface ImageRunOptions extends CommandOptions {
  /** Default 0. */
  readonly exitCode?: number | 'any'
}

/** How a command ended. */
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

/** A test in TypeScript whose result is kept. */
export interface FunctionTest {
  readonly run: TestFunction
  /**
   * Says which function this is. A passed test is not run again on the same image with the same version. Change it with the
   * function: without a version, the function runs every time.
   */
  readonly version?: string
  /** In milliseconds; default 10 minutes. */
  readonly timeout?: number
}

/** One test of an image. */
export type ImageTest = CommandTest | FileTest | MetadataTest | SizeTest | FunctionTest | TestFunction

/** Tests by name. `false` removes the test of that name, for a platform or from what was declared before. */
export type TestSettings = Readonly<Record<string, ImageTest | false>>

/** A text or pattern, as data. */
export type TextPattern = { readonly text: string } | { readonly pattern: string; readonly flags: string }

/** A command test, all decided. */
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

/** A file test, all decided. */
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

/** A metadata test, all decided. */
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

/** A whole value, a pattern, or that there is none. */
export type ExpectedValue = TextPattern | false

/** A size test, all decided. In bytes. */
export interface SizeTestDefinition {
  readonly kind: 'size'
  readonly name: string
  readonly min?: number
  readonly max?: number
}

/** A function test, all decided. */
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
