import type { RunResult } from '../../builder/port.js'
import type { OpenContext } from '../../context/context-file.js'
import type {
  CommandOptions,
  CommandResult,
  ImageRunOptions,
  TestedImage,
} from '../../definition/declare/image-test.js'
import type { PlacedImage } from '../../image-files/image-entries.js'
import type { ImageFiles } from '../../image-files/image-files.js'
import type { ImageConfig } from '../../model/oci.js'
import type { Platform } from '../../model/platform.js'
import { formatReference } from '../../model/reference.js'
import { syncedContext } from '../image/context/synced-context.js'
import type { PerformCall } from '../step.js'
import { quoted, testFailure } from './test-failure.js'

/** An image with everything that its tests use. */
export interface ImageUnderTest {
  readonly platform: Platform
  readonly image: PlacedImage
  readonly config: ImageConfig
  /** Bytes of its config and layers, compressed. */
  readonly size: number
  readonly files: () => Promise<ImageFiles>
  /** The files that the test mounts. */
  readonly mount: OpenContext | undefined
  /** Date of these files, in seconds since the epoch. */
  readonly epoch: number | undefined
  readonly call: PerformCall
}

/** A command with its options. */
export interface ImageCommand extends CommandOptions {
  readonly command: readonly string[]
  /** Mount point of the test's files. */
  readonly target?: string | undefined
}

/** Runs a command in an image, with user, directory and environment of the image's config unless others are given. */
export async function runCommand(
  { command, target, env = {}, user, workingDir, network = 'none' }: ImageCommand,
  { platform, image, config, mount, epoch, call }: ImageUnderTest,
): Promise<RunResult> {
  const { builder, signal, onEvent } = call
  if (builder === undefined) throw new TypeError('a command runs on a builder')
  const { Env = [], User = '', WorkingDir = '' } = config.config ?? {}
  const own = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const isReplaced = (variable: string) => Object.hasOwn(env, variable.split('=', 1)[0] ?? '')
  const directory = mount && syncedContext(mount, epoch)
  return builder.run(
    {
      image: image.reference,
      platform,
      command,
      env: [...(Env ?? []).filter((one) => !isReplaced(one)), ...own],
      user: user ?? User,
      cwd: workingDir ?? (WorkingDir || '/'),
      network,
      name: command.join(' '),
      ...(directory !== undefined && target !== undefined && { mount: { directory, target } }),
    },
    { signal, onEvent },
  )
}

/** Output of a command for a message: standard output, then standard error. */
export function outputText({ stdout, stderr }: CommandResult): string {
  const text = stdout === '' || stderr === '' || stdout.endsWith('\n') ? stdout + stderr : `${stdout}\n${stderr}`
  return text === '' ? '' : quoted(text)
}

/** Message for incomplete output, which cannot be tested. */
export const CLIPPED_OUTPUT =
  'its output is not complete, because it is more than the builder reports: let the command check it itself'

/** The handle of an image for a test in TypeScript. */
export function openTestedImage(image: ImageUnderTest): TestedImage {
  const files = image.files
  const read = async (path: string) => {
    const content = await (await files()).read(path, image.call)
    if (content === undefined) throw testFailure(`there is no file ${path}`)
    return content
  }
  async function readFile(path: string): Promise<Buffer>
  async function readFile(path: string, encoding: BufferEncoding): Promise<string>
  async function readFile(path: string, encoding?: BufferEncoding): Promise<Buffer | string> {
    const content = await read(path)
    return encoding === undefined ? content : content.toString(encoding)
  }
  return {
    platform: image.platform,
    reference: formatReference(image.image.reference),
    config: image.config,
    size: image.size,
    run: (command, options = {}) => runExpecting(command, options, image),
    readFile,
    stat: async (path) => (await files()).status(path),
    lstat: async (path) => (await files()).status(path, { followsLast: false }),
  }
}

async function runExpecting(
  command: readonly string[],
  { exitCode = 0, ...options }: ImageRunOptions,
  image: ImageUnderTest,
): Promise<CommandResult> {
  const { isClipped, ...result } = await runCommand({ command, ...options }, image)
  const words = command.join(' ')
  if (isClipped) throw testFailure(`${words}: ${CLIPPED_OUTPUT}`)
  if (exitCode === 'any' || result.exitCode === exitCode) return result
  throw testFailure(`${words} ended with exit code ${result.exitCode}, not ${exitCode}${outputText(result)}`)
}
