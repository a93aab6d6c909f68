import { mkdir, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { runProgram } from '../../../../test/support/child.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { contentPath } from '../../src/layout/layout-format.js'
import { digestOf } from '../../src/model/digest.js'
import { MEDIA_TYPES } from '../../src/model/oci.js'
import { inspect } from '../../src/operations/images/index.js'

const DIGEST = digestOf('manifest')
const ENTRY = { mediaType: MEDIA_TYPES.ociManifest, digest: DIGEST, size: 8 }
const INDEX = JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: [ENTRY] })

const makePipe = (path: string) => runProgram('mkfifo', [path])

test.each<readonly [string, (path: string) => Promise<unknown>, string]>([
  ['is a pipe', makePipe, 'MANIFEST_UNSUPPORTED'],
  ['is a directory', mkdir, 'MANIFEST_UNSUPPORTED'],
  ['has a gigabyte', (path) => writeFile(path, '').then(() => truncate(path, 2 ** 30)), 'MANIFEST_UNSUPPORTED'],
  ['is not JSON', (path) => writeFile(path, '{'), 'MANIFEST_UNSUPPORTED'],
])('a layout whose index.json %s is rejected', async (_, make, code) => {
  await using folder = await tempFolder('layout')
  await writeFile(join(folder.path, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  await make(join(folder.path, 'index.json'))
  await expect(inspect(`oci:${folder.path}`)).rejects.toMatchObject({ code })
})

test.each<readonly [string, (path: string) => Promise<unknown>, string]>([
  ['is a pipe', makePipe, 'NOT_FOUND'],
  ['is a directory', mkdir, 'NOT_FOUND'],
  ['has other bytes', (path) => writeFile(path, 'x'), 'DIGEST_MISMATCH'],
])('a layout with content that %s is rejected', async (_, make, code) => {
  await using folder = await tempFolder('layout')
  await writeFile(join(folder.path, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  await writeFile(join(folder.path, 'index.json'), INDEX)
  await mkdir(dirname(contentPath(folder.path, DIGEST)), { recursive: true })
  await make(contentPath(folder.path, DIGEST))
  await expect(inspect(`oci:${folder.path}`)).rejects.toMatchObject({ code })
})
