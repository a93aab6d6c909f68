import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { lendPackages } from '../../src/rootfs/apt/package-lender.js'

const HASH = createHash('sha256').update('content').digest('hex')

/** Runs apt-get with a cache that has one package, in place of apt's own, which would download what is listed. */
async function aptGet(listed: string, work: (archives: string) => Promise<void>): Promise<void> {
  await using folder = await tempFolder('lender')
  const [bin, archives, cache] = ['bin', 'archives', 'cache'].map((name) => join(folder.path, name)) as [
    string,
    string,
    string,
  ]
  for (const one of [bin, join(archives, 'partial'), cache]) await mkdir(one, { recursive: true })
  await utimes(join(archives, 'partial'), 1000, 1000)
  await writeFile(join(cache, HASH), 'content')
  const programs = {
    'apt-get': `case " $* " in *--print-uris*) echo "${listed}" ;; esac`,
    'apt-config': `echo "archives='${archives}'"`,
  }
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`)
    await chmod(join(bin, name), 0o755)
  }
  await using lender = await lendPackages(cache)
  await promisify(execFile)('apt-get', ['install', 'one'], { env: lender.addTo({ PATH: `${bin}:/usr/bin:/bin` }) })
  await work(archives)
}

test('a cached package is in the archives of apt, whose directories have changed as by a download', async () => {
  await aptGet(`'http://127.0.0.1/one.deb' one_1_all.deb 7 SHA256:${HASH}`, async (archives) => {
    expect((await readdir(archives)).sort()).toEqual(['one_1_all.deb', 'partial'])
    expect((await stat(join(archives, 'partial'))).mtimeMs).toBeGreaterThan(1_000_000)
  })
})

test('nothing changes if nothing is to be downloaded', async () => {
  await aptGet('', async (archives) => {
    expect(await readdir(archives)).toEqual(['partial'])
    expect((await stat(join(archives, 'partial'))).mtimeMs).toBe(1_000_000)
  })
})
