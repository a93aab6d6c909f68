import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { packFiles } from '../../../../test/support/tiny-image.js'
import { madeBase } from '../../src/definition/plugin/kinds/made-base.js'
import { createRootfsMaker } from '../../src/rootfs/maker.js'

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex')

describe.each([
  ['xz', 'xz'],
  ['zstd', 'zst'],
])('an archive that %s unpacks', (program, ending) => {
  const make = async (folder: string, content: Uint8Array | string | undefined, hash: string) => {
    const location = join(folder, `root.tar.${ending}`)
    if (content !== undefined) await writeFile(location, content)
    const maker = createRootfsMaker({ cacheDirectory: folder })
    return maker.make(await maker.resolve(madeBase({ kind: 'rootfs', location, sha256: hash })))
  }

  it('is the layer', async () => {
    await using folder = await tempFolder('archive')
    const tar = await packFiles({ file: 'content' })
    const archive = execFileSync(program, ['--stdout'], { input: tar })
    const layer = await make(folder.path, archive, sha256(archive))
    expect(gunzipSync(await buffer(await layer.blob.open()))).toEqual(tar)
  })

  it('is rejected, and nothing kept of it, if it is cut short, is another one or is not there', async () => {
    await using folder = await tempFolder('archive')
    const archive = execFileSync(program, ['--stdout'], { input: await packFiles({ file: 'content' }) })
    const short = archive.subarray(0, -5)
    const failing = (code: string) => expect.objectContaining({ code })
    await expect(make(folder.path, undefined, sha256(''))).rejects.toEqual(failing('ROOTFS_FAILED'))
    await expect(make(folder.path, short, sha256(short))).rejects.toEqual(failing('TOOL_FAILED'))
    await expect(make(folder.path, archive, sha256('another'))).rejects.toEqual(failing('DIGEST_MISMATCH'))
    expect(await readdir(join(folder.path, 'rootfs'))).toEqual([])
    await expect.poll(() => process.getActiveResourcesInfo()).not.toContain('ProcessWrap')
  })
})
