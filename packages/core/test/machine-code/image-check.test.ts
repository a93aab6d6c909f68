import { describe, expect, it } from 'vitest'
import { FileTree } from '../../src/machine-code/file-tree.js'
import { checkImageCode, checkOwnLayers } from '../../src/machine-code/image-check.js'
import type { LayerEntry } from '../../src/machine-code/layer-files.js'
import { LIMITS } from '../../src/model/limits.js'
import type { ImageConfig } from '../../src/model/oci.js'

const AMD64 = { os: 'linux', architecture: 'amd64' }
const ARM = { os: 'linux', architecture: 'arm', variant: 'v7' }

const amd64: LayerEntry = { kind: 'executable', code: { architecture: 'amd64' } }
const arm: LayerEntry = { kind: 'executable', code: { architecture: 'arm', arm: { version: 7, hardFloat: true } } }
const plainArm: LayerEntry = { kind: 'executable', code: { architecture: 'arm', arm: {} } }
const script: LayerEntry = { kind: 'executable', code: undefined }

function treeOf(entries: Readonly<Record<string, LayerEntry>>): FileTree {
  return new FileTree([{ entries: new Map(Object.entries(entries)), removed: new Set(), opaque: new Set(), memory: 0 }])
}

const check = (
  entries: Readonly<Record<string, LayerEntry>>,
  config: NonNullable<ImageConfig['config']> = {},
  platform = AMD64,
) => checkImageCode(treeOf(entries), { config }, platform)

const many = (count: number, entry: LayerEntry) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`opt/${String(at).padStart(5, '0')}`, entry] as const))

describe('the code of an image', () => {
  it.each([
    'bin/sh',
    'lib64/ld-linux-x86-64.so.2',
    'lib/ld-linux-aarch64.so.1',
    'lib/ld-linux-armhf.so.3',
    'lib/ld-linux.so.3',
    'lib/ld-linux.so.2',
    'lib64/ld64.so.2',
    'lib/ld64.so.1',
    'lib/ld-linux-riscv64-lp64d.so.1',
    'lib/ld.so.1',
    'lib/ld-musl-x86_64.so.1',
    'lib/ld-musl-aarch64.so.1',
    'lib/ld-musl-armhf.so.1',
    'lib/ld-musl-arm.so.1',
    'lib/ld-musl-i386.so.1',
    'lib/ld-musl-powerpc64le.so.1',
    'lib/ld-musl-s390x.so.1',
    'lib/ld-musl-riscv64.so.1',
  ])('is that of %s, before all other executables', (path) => {
    const found = { verdict: 'mismatch', path: `/${path}`, found: 'arm/v7 with hard float' }
    expect(check({ [path]: arm, 'a/command': amd64 }, { Cmd: ['/a/command'] })).toEqual(found)
  })

  it('is that of the command too, if that is for another platform than the shell', () => {
    const files = { 'bin/sh': amd64, 'usr/bin/hello': arm }
    const found = { verdict: 'mismatch', path: '/usr/bin/hello', found: 'arm/v7 with hard float' }
    expect(check(files, { Cmd: ['hello'], Env: ['PATH=/usr/bin:/bin'] })).toEqual(found)
    expect(check(files, { Entrypoint: ['/usr/bin/hello'] })).toEqual(found)
    expect(check(files, { Cmd: ['/bin/sh', '-c', 'hello'] })).toMatchObject({ verdict: 'match', path: '/bin/sh' })
  })

  it('is that of the shell, before that of the loader', () => {
    expect(check({ 'lib/ld-linux.so.2': arm, 'bin/sh': amd64 })).toEqual({
      verdict: 'match',
      path: '/bin/sh',
      found: 'amd64',
    })
  })

  it.each<[what: string, config: NonNullable<ImageConfig['config']>]>([
    ['an entrypoint', { Entrypoint: ['/z/arm'], Cmd: ['/a/amd'] }],
    ['a command', { Cmd: ['/z/arm', '/a/amd'] }],
    ['a command after an empty entrypoint', { Entrypoint: [], Cmd: ['/z/arm'] }],
    ['a relative path', { Cmd: ['z/arm'], Env: ['PATH=/a'] }],
    ['a name in the second directory of PATH', { Cmd: ['arm'], Env: ['HOME=/a', 'PATH=/none:/z:/a'] }],
    ['a name in the first directory of PATH', { Cmd: ['arm'], Env: ['PATH=/z:/a'] }],
    ['a name in a PATH that repeats a directory', { Cmd: ['arm'], Env: [`PATH=${'/none:'.repeat(200)}/z`] }],
  ])('is that of %s, if there is neither shell nor loader', (_what, config) => {
    const found = { verdict: 'mismatch', path: '/z/arm', found: 'arm/v7 with hard float' }
    expect(check({ 'a/amd': amd64, 'a/arm': amd64, 'z/arm': arm }, config)).toEqual(found)
  })

  it.each<[what: string, config: NonNullable<ImageConfig['config']>]>([
    ['no command', {}],
    ['a name without a PATH', { Cmd: ['arm'] }],
    ['a name in another variable', { Cmd: ['arm'], Env: ['XPATH=/z', 'PATHS=/z', 'OTHER=/z'] }],
    [
      'a name after too many directories',
      { Cmd: ['arm'], Env: [`PATH=${Array.from({ length: LIMITS.pathVariable }, (_, at) => `/d${at}`).join(':')}:/z`] },
    ],
    ['a script', { Cmd: ['/a/script'] }],
  ])('is that of any executable that fits, with %s', (_what, config) => {
    expect(check({ 'a/script': script, 'b/arm': arm, 'c/amd': amd64, 'z/arm': arm }, config)).toEqual({
      verdict: 'match',
      path: '/c/amd',
      found: 'amd64',
    })
  })

  it('is searched in the last directory of PATH that the limit allows', () => {
    const directories = Array.from({ length: LIMITS.pathVariable - 1 }, (_, at) => `/d${at}`)
    const config = { Cmd: ['arm'], Env: [`PATH=${directories.join(':')}:/z`] }
    expect(check({ 'a/amd': amd64, 'z/arm': arm }, config)).toMatchObject({ verdict: 'mismatch', path: '/z/arm' })
  })

  it('is that of the first executable, if none fits', () => {
    expect(check({ 'b/two': arm, 'a/one': plainArm })).toEqual({ verdict: 'mismatch', path: '/a/one', found: 'arm' })
  })

  it('is unknown, with the executable, if that does not record its variant', () => {
    expect(check({ 'bin/sh': plainArm }, {}, ARM)).toEqual({
      verdict: 'unknown',
      because: '/bin/sh does not record which variant of linux/arm/v7 it requires',
      path: '/bin/sh',
      found: 'arm',
    })
  })

  it('is unknown if there are no executables, or too many', () => {
    const none = { verdict: 'unknown', because: 'the image has no executable with machine code' }
    expect(check({ 'bin/sh': script })).toEqual(none)
    expect(checkImageCode(treeOf({}), {}, AMD64)).toEqual(none)
    expect(checkImageCode({ because: 'gone' }, {}, AMD64)).toEqual({ verdict: 'unknown', because: 'gone' })
    const full = many(LIMITS.executables, arm)
    expect(check(full)).toMatchObject({ verdict: 'mismatch', path: '/opt/00000' })
    expect(check({ ...full, 'z/amd': amd64 })).toEqual({
      verdict: 'unknown',
      because: 'none of 10000 executables is for the platform',
    })
  })
})

describe('the code of layers over a base', () => {
  const own = (entries: Readonly<Record<string, LayerEntry>>, platform = AMD64) =>
    checkOwnLayers(treeOf(entries), { config: {}, base: {} }, platform)

  it('is that of the first executable that fits, if none is for another platform', () => {
    expect(own({ 'b/two': amd64, 'a/one': amd64 })).toEqual({ verdict: 'match', path: '/a/one', found: 'amd64' })
    expect(own({ 'a/plain': plainArm, 'b/arm': arm }, ARM)).toMatchObject({ verdict: 'match', path: '/b/arm' })
  })

  it('is that of the base, if there is none of its own', () => {
    expect(own({})).toEqual({ verdict: 'as-base' })
    expect(own({ 'bin/sh': script })).toEqual({ verdict: 'as-base' })
    expect(own({ 'a/plain': plainArm }, ARM)).toEqual({ verdict: 'as-base' })
  })

  it('has to be searched in all layers, if one is for another platform, or there are too many', () => {
    expect(own({ 'a/one': amd64, 'b/two': arm })).toBeUndefined()
    expect(checkOwnLayers({ because: 'gone' }, { config: {}, base: {} }, AMD64)).toBeUndefined()
    const full = many(LIMITS.executables, amd64)
    expect(own(full)).toMatchObject({ verdict: 'match', path: '/opt/00000' })
    expect(own({ ...full, 'z/amd': amd64 })).toBeUndefined()
  })

  type Command = NonNullable<ImageConfig['config']>
  const BASE: Command = { Entrypoint: ['node'], Env: ['PATH=/usr/bin:/bin'] }
  const commanded = (entries: Readonly<Record<string, LayerEntry>>, config: Command) =>
    checkOwnLayers(treeOf(entries), { config: { config }, base: { config: BASE } }, AMD64)

  it.each<[what: string, config: Command, entries: Readonly<Record<string, LayerEntry>>]>([
    ['that of the base', { ...BASE, Cmd: ['app.js'] }, {}],
    ['the shell', { Cmd: ['/bin/sh', '-c', 'node app.js'] }, {}],
    ['a script of these layers', { Cmd: ['/start'] }, { start: script }],
    ['a program of these layers', { ...BASE, Entrypoint: ['app'] }, { 'bin/app': amd64 }],
    ['a link within these layers', { Cmd: ['/app'] }, { app: { kind: 'link', target: 'opt/app' }, 'opt/app': script }],
  ])('is sufficient if the command is %s', (_what, config, entries) => {
    expect(commanded(entries, config)).toBeDefined()
  })

  it.each<[what: string, config: Command, entries: Readonly<Record<string, LayerEntry>>]>([
    ['another program of the base', { Cmd: ['/usr/bin/qemu-arm-static'] }, { 'opt/tool': amd64 }],
    ['found by another PATH', { ...BASE, Env: ['PATH=/opt:/bin'] }, {}],
    ['a link to a program of the base', { Cmd: ['/app'] }, { app: { kind: 'link', target: 'usr/bin/qemu' } }],
    ['that of the base through a link', BASE, { 'usr/bin/node': { kind: 'link', target: '/usr/bin/qemu' } }],
  ])('has to be searched in all layers, if the command is %s', (_what, config, entries) => {
    expect(commanded(entries, config)).toBeUndefined()
  })
})
