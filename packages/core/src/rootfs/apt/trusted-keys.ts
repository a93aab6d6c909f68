import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AptBase } from '../../definition/plugin/base-source.js'
import { makeTempFolder } from '../../host/temp-folder.js'
import { DefinitionError } from '../../model/errors.js'

/** Arguments with which mmdebstrap trusts certain keys only. */
export interface Trust extends AsyncDisposable {
  readonly arguments: readonly string[]
  /** The trusted signers, as the end of a sentence. */
  readonly text: string
}

/** The trusted keys: their source, and files as apt names them. */
interface Keys {
  readonly text: string
  readonly files: Readonly<Record<string, string | Uint8Array>>
}

const ARMOR = '-----BEGIN PGP'

/** Requires keys for the archive's signature. @throws DefinitionError */
export async function requireKeys(source: AptBase): Promise<void> {
  await findKeys(source)
}

/**
 * Makes mmdebstrap trust the base's keys only; if it has none, those that this machine's apt trusts.
 *
 * @throws DefinitionError if its keyring does not exist
 * @see https://manpages.debian.org/bookworm/mmdebstrap/mmdebstrap.1.en.html
 */
export async function trustOnly(source: AptBase): Promise<Trust> {
  const keys = await findKeys(source)
  if (keys === undefined) {
    return {
      arguments: [],
      text: "a key that this machine's apt trusts",
      [Symbol.asyncDispose]: async () => undefined,
    }
  }
  const temporary = await makeTempFolder('keys')
  const folder = temporary.path
  const remove = () => temporary[Symbol.asyncDispose]()
  try {
    await writeKeys(folder, keys)
  } catch (error) {
    await remove()
    throw error
  }
  // Replaces both sources of apt's keys, the file and the directory: replacing one would leave the other trusted.
  const args = ['--keyring=/dev/null', `--keyring=${folder}`]
  return { arguments: args, text: keys.text, [Symbol.asyncDispose]: remove }
}

/**
 * The keys of the main archive and of those beside it; undefined if the main archive has none, and this machine's are
 * used.
 *
 * @throws DefinitionError
 */
async function findKeys(source: AptBase): Promise<Keys | undefined> {
  const main = await keysOf(source, source, 'keyring')
  const overlays = await Promise.all(
    (source.overlays ?? []).map((overlay) => keysOf(source, overlay, overlay.distribution)),
  )
  const all = [main, ...overlays].filter((keys) => keys !== undefined)
  if (main === undefined && overlays.length === 0) return undefined
  return { text: all.map(({ text }) => text).join(' and '), files: Object.assign({}, ...all.map(({ files }) => files)) }
}

/**
 * The keyring, if this machine has it, else the keys that come with the base; undefined if it names neither.
 *
 * @throws DefinitionError if a keyring is named, and neither is there
 */
async function keysOf(
  source: AptBase,
  { keyring, keys = {} }: Pick<AptBase, 'keyring' | 'keys'>,
  file: string,
): Promise<Keys | undefined> {
  const content = keyring === undefined ? undefined : await readFile(keyring).catch(() => undefined)
  if (content !== undefined) {
    const name = content.toString('latin1', 0, ARMOR.length) === ARMOR ? `${file}.asc` : `${file}.gpg`
    return { text: `a key of ${keyring}`, files: { [name]: content } }
  }
  const fingerprints = Object.keys(keys)
  if (fingerprints.length > 0) {
    const files = Object.fromEntries(Object.entries(keys).map(([fingerprint, key]) => [`${fingerprint}.asc`, key]))
    return { text: `one of the keys ${fingerprints.join(', ')}`, files }
  }
  if (keyring === undefined) return undefined
  throw missingKeyring(source, keyring)
}

function missingKeyring({ distribution, suite, architecture }: AptBase, keyring: string): DefinitionError {
  return new DefinitionError([
    {
      path: `apt base ${distribution} ${suite} ${architecture}`,
      message: `this machine has no keyring ${keyring}`,
      hint: 'install its package, or set the option keyring to another file',
    },
  ])
}

/** Writes the keys readable for apt's own user, which verifies signatures, under any umask. */
async function writeKeys(folder: string, { files }: Keys): Promise<void> {
  await chmod(folder, 0o755)
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), content)
    await chmod(join(folder, name), 0o644)
  }
}
