import { describe, expect, it } from 'vitest'
import type {
  FileStatus,
  FileTestDefinition,
  MetadataTestDefinition,
} from '../../../src/definition/declare/image-test.js'
import type { ImageFiles } from '../../../src/image-files/image-files.js'
import type { ImageConfig } from '../../../src/model/oci.js'
import { fileIssues } from '../../../src/steps/test/file-test.js'
import { metadataIssues, sizeIssues } from '../../../src/steps/test/metadata-test.js'

describe('a test of the config', () => {
  const config: ImageConfig['config'] = {
    ...{ Env: ['PATH=/bin', 'EMPTY=', 'A=b=c'], Labels: { team: 'core' }, User: 'app' },
    ...{ Entrypoint: ['/app'], ExposedPorts: { '8080/tcp': {}, '53/udp': {} }, Volumes: { '/data': {} } },
  }
  const issues = (changes: Partial<MetadataTestDefinition>, of: ImageConfig['config'] = config) =>
    metadataIssues(
      { ...{ kind: 'metadata', name: 'x', env: {}, labels: {}, exposedPorts: [], volumes: [] }, ...changes },
      { config: { ...(of && { config: of }) } },
    )

  it('passes if all values match', () => {
    const env = { PATH: { pattern: '^/bin', flags: '' }, EMPTY: { text: '' }, A: { text: 'b=c' }, NONE: false as const }
    const rest = { user: 'app', workingDir: '/', entrypoint: ['/app'], cmd: [], volumes: ['/data'] }
    expect(issues({ env, labels: { team: { text: 'core' } }, exposedPorts: ['8080/tcp', '53/udp'], ...rest })).toEqual(
      [],
    )
    expect(issues({ user: '', workingDir: '/', labels: { team: false } }, {})).toEqual([])
  })

  it('reports each difference with the actual and the expected value', () => {
    expect(issues({ env: { A: { text: 'b' }, EMPTY: false, NONE: { text: 'x' } } })).toEqual([
      'environment variable A is "b=c", not "b"',
      'environment variable EMPTY exists: ""',
      'environment variable NONE does not exist',
    ])
    expect(issues({ labels: { team: { pattern: '^x', flags: 'i' } } })).toEqual(['label team is "core", not /^x/i'])
    expect(issues({ entrypoint: ['/bin/app'], user: 'root', workingDir: '/app' })).toEqual([
      'the entrypoint is ["/app"], not ["/bin/app"]',
      "the user is 'app', not 'root'",
      "the working directory is '/', not '/app'",
    ])
    expect(issues({ exposedPorts: ['8080/udp'], volumes: ['/x'] })).toEqual([
      'the image has no exposed port 8080/udp',
      'the image has no volume /x',
    ])
  })

  it('compares sizes with both bounds', () => {
    const test = { kind: 'size', name: 'x', min: 10, max: 20 } as const
    expect([9, 10, 20, 21].map((size) => sizeIssues(test, { size }).length)).toEqual([1, 0, 0, 1])
  })
})

describe('a test of a file', () => {
  const status: FileStatus = { type: 'file', mode: 0o644, uid: 1, gid: 2, size: 5 }
  const issues = (changes: Partial<FileTestDefinition>, found: FileStatus | undefined = status) => {
    const test = {
      kind: 'file',
      name: 'x',
      path: '/f',
      shouldExist: true,
      expectedContent: [],
      excludedContent: [],
    } as const
    const read = async () => (found?.type === 'file' ? Buffer.from('hello') : undefined)
    const files = async () => ({ status: () => found, read }) as unknown as ImageFiles
    return fileIssues({ ...test, ...changes }, { files, call: {} })
  }

  it('passes if all values match', async () => {
    expect(await issues({ type: 'file', mode: 0o644, uid: 1, gid: 2, expectedContent: [{ text: 'ell' }] })).toEqual([])
  })

  it('reports each difference with the actual and the expected value', async () => {
    expect(await issues({ type: 'directory', mode: 0o755, uid: 0 })).toEqual([
      '/f has the type file, not directory',
      '/f has the mode 0644, not 0755',
      '/f has the uid 1, not 0',
    ])
    const texts = { expectedContent: [{ text: 'x' }], excludedContent: [{ pattern: '^h', flags: '' }] }
    expect(await issues(texts)).toEqual(['/f does not contain "x"', '/f must not match /^h/'])
    expect(await issues({ expectedContent: [{ text: 'x' }] }, { ...status, type: 'directory' })).toEqual([
      '/f is not a file, but directory',
    ])
    expect(await issues({ shouldExist: false })).toEqual(['/f exists: file'])
  })
})
