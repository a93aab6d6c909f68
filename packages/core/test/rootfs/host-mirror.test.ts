import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import type { AptBase } from '../../src/definition/plugin/base-source.js'
import { findMirror } from '../../src/rootfs/apt/host-mirror.js'

const SOURCE: AptBase = {
  kind: 'apt',
  distribution: 'debian',
  suite: 'trixie',
  architecture: 'amd64',
  components: ['main'],
  packages: [],
  variant: 'minbase',
}

/** A host of Debian 13 whose apt reads one archive. */
async function host(url: string) {
  const folder = await tempFolder('host')
  await mkdir(join(folder.path, 'etc/apt'), { recursive: true })
  await writeFile(join(folder.path, 'etc/os-release'), 'ID=debian\nVERSION_CODENAME=trixie\n')
  await writeFile(join(folder.path, 'etc/apt/sources.list'), `deb ${url} trixie main\n`)
  return { root: folder.path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

test('the archive that the host reads, unless another one is named', async () => {
  await using files = await host('http://archive.example.com/debian/')
  expect(await findMirror(SOURCE, files)).toBe('http://archive.example.com/debian')
  expect(await findMirror({ ...SOURCE, mirror: 'http://other.example.com/' }, files)).toBe('http://other.example.com')
})

test('a login for it is rejected, for the sources.list of the base would publish it', async () => {
  await using files = await host('https://me:hunter2@archive.example.com/debian')
  const refusal = {
    code: 'DEFINITION_INVALID',
    message: expect.stringMatching(/^apt base debian trixie amd64: .*https:\/\/archive\.example\.com\/debian .*login/),
  }
  for (const source of [SOURCE, { ...SOURCE, mirror: 'https://token@archive.example.com/debian' }]) {
    await expect(findMirror(source, files)).rejects.toMatchObject(refusal)
  }
})
