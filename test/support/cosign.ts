import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sidProgramPath } from '../../scripts/setup/sid-programs.mjs'
import { runProgram } from './child.js'
import { tempFolder } from './temp-folder.js'

/** The password of keys that cosign makes in tests. */
export const COSIGN_PASSWORD = 'pässword'

/** Debian's cosign, with a home of its own. */
export interface Cosign extends AsyncDisposable {
  readonly folder: string
  /** Runs it; an exit code other than 0 is an error with its output. */
  run(...args: readonly string[]): Promise<string>
}

/** Sets up cosign for a test. */
export async function openCosign(): Promise<Cosign> {
  if (!existsSync(sidProgramPath('cosign'))) throw new Error('cosign has not been fetched: run `npm test`, which does')
  const folder = await tempFolder('cosign')
  const env = { ...process.env, HOME: folder.path, COSIGN_PASSWORD }
  return {
    folder: folder.path,
    run: async (...args) => (await runProgram(sidProgramPath('cosign'), [...args], { env, cwd: folder.path })).stdout,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

/** Makes a key pair: the private key, encrypted with {@link COSIGN_PASSWORD}, and the public key, both in PEM. */
export async function cosignKeyPair({ folder, run }: Cosign): Promise<{ readonly key: string; readonly pub: string }> {
  await run('generate-key-pair')
  const [key, pub] = await Promise.all(['cosign.key', 'cosign.pub'].map((name) => readFile(join(folder, name), 'utf8')))
  return { key: key ?? '', pub: pub ?? '' }
}

/** Flags with which cosign verifies signatures of keys without a transparency log, over plain HTTP. */
export const OFFLINE = ['--allow-http-registry', '--insecure-ignore-tlog'] as const
