// @ts-check
import { canInstall, hasProgram, updatePackageLists } from './packages.mjs'
import { run } from './run.mjs'
import { SetupError } from './setup-error.mjs'

/**
 * The Debian archive that this machine's own apt uses, and the file of the keys that sign it.
 *
 * @returns {Promise<{ uri: string, codename: string, keyring: string }>}
 */
export async function debianMirror() {
  const mirror = (await readMirror()) ?? (canInstall() ? await updatePackageLists().then(readMirror) : undefined)
  if (mirror === undefined) {
    throw new SetupError(
      "this needs Debian: the machine's apt has no source of Debian's own archive (`apt-get update`?)",
    )
  }
  return mirror
}

async function readMirror() {
  if (!hasProgram('apt-get')) return undefined
  const format = '$(REPO_URI) $(CODENAME) $(SIGNED_BY)'
  const wanted = ['Created-By: Packages', 'Origin: Debian', 'Label: Debian']
  const targets = await run('apt-get', ['indextargets', '--format', format, ...wanted])
  const [first] = targets.split('\n').filter((line) => /^\S+ [a-z]+( |$)/.test(line))
  if (first === undefined) return undefined
  const [uri = '', codename = '', keyring = ''] = first.split(' ')
  const defaultKeyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
  return { uri, codename, keyring: keyring.startsWith('/') ? keyring : defaultKeyring }
}
