import { parseLockRecord } from '../../../packages/core/src/registry-server/store/lock.js'
import { decodeRecord } from '../../../packages/core/src/registry-server/store/repository-record.js'
import { parseLayerRecord } from '../../../packages/core/src/rootfs/layer-cache.js'
import { compareWithRecord } from '../../../packages/core/src/steps/image/context/context-difference.js'
import { parseContextRecord } from '../../../packages/core/src/steps/image/context/context-record.js'
import { PLAIN_HASH } from '../../../packages/core/src/steps/input-hash.js'
import type { FuzzTarget } from '../target.js'
import { DIGEST, json } from './values.js'

const CONTEXT = {
  context: { dockerfile: { text: 'FROM scratch\n', name: 'Dockerfile' } },
  listing: {
    entries: [
      { kind: 'directory', path: 'a', mode: 0o755, modified: 0 },
      { kind: 'file', path: 'a/b', digest: DIGEST, size: 1, mode: 0o644, modified: 0 },
    ],
  },
  hash: PLAIN_HASH,
} as const

/** What polyarch itself has written, and others may have changed. */
export const STORED_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'registry-record',
    seeds: [
      json({
        version: 1,
        blobs: [DIGEST],
        manifests: { [DIGEST]: { mediaType: 'x', size: 1, subject: DIGEST } },
        tags: { latest: DIGEST },
        leftovers: [DIGEST],
      }),
    ],
    read: (input) => decodeRecord(input.toString()),
    errors: [SyntaxError, TypeError],
  },
  {
    name: 'registry-lock',
    seeds: [json({ id: 'x', pid: 1, processStart: '1', machine: 'm', host: '127.0.0.1:5000' })],
    read: (input) => parseLockRecord(input.toString()),
  },
  {
    name: 'layer-record',
    seeds: [json({ digest: DIGEST, diffId: DIGEST, size: 1 })],
    read: (input) => parseLayerRecord(input.toString()),
    errors: [SyntaxError],
  },
  {
    name: 'context-record',
    seeds: [
      json({
        dockerfile: ['ab', 'cd'],
        entries: [
          { name: 'd1', content: 'a', mode: '755' },
          { name: 'f2', content: 'ab', mode: '644' },
        ],
      }),
    ],
    read(input) {
      const record = parseContextRecord(input)
      return record && compareWithRecord(CONTEXT, record)
    },
  },
]
