import { execFile } from 'node:child_process'
import { access, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeEach, expect, it } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import {
  findNativeTools,
  type NativeTools,
  nativeToolHooks,
  withNativeTools,
} from '../../src/rootfs/apt/native-tools.js'

const run = promisify(execFile)
const cleanup = new Cleanup()
afterAll(() => cleanup[Symbol.asyncDispose]())

let machine = ''
let root = ''
let aptConfig = ''
beforeEach(async () => {
  machine = cleanup.use(await tempFolder('machine')).path
  root = cleanup.use(await tempFolder('root')).path
  aptConfig = join(machine, 'apt.conf')
  await write(machine, {
    'bin/tar': 'program of /lib64/ld-linux-here.so.2',
    'lib64/ld-linux-here.so.2': 'loader',
    'lib64/libmd.so': 'other library',
    'usr/lib/here/libc.so': 'library',
    'usr/bin/perl': 'native perl',
    'usr/bin/dash': 'native dash',
    'usr/lib/here/perl-base/strict.pm': 'module',
    'apt.conf': '',
  })
})

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true })
    await writeFile(join(folder, name), content)
  }
}

/** A root as the merging of /usr leaves it. */
async function mergedRoot(files: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  await write(root, { 'usr/lib/foreign/libc.so': 'its own', 'run/keep': '', ...files })
  await symlink('usr/lib', join(root, 'lib'))
  return content(root)
}

/** All paths, with what is in files. */
async function content(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const lines = entries.map(async (entry) => {
    const path = join(entry.parentPath, entry.name)
    return `${path.slice(folder.length)} ${entry.isFile() ? await readFile(path, 'utf8') : ''}`
  })
  return (await Promise.all(lines)).sort()
}

const TOOLS: NativeTools = {
  programs: ['/bin/tar'],
  loader: '/lib64/ld-linux-here.so.2',
  libraries: ['/lib64/libmd.so', '/usr/lib/here/libc.so'],
  interpreters: {
    perl: '/usr/bin/perl',
    perlVersion: '5.36.0',
    perlModules: '/usr/lib/here/perl-base',
    shell: '/usr/bin/dash',
  },
}

/** Runs one of the hooks as mmdebstrap does, with the paths of the machine that the test has made. */
async function hook(name: 'extract' | 'essential' | 'customize', mode = 'root'): Promise<void> {
  const option = nativeToolHooks(TOOLS).find((one) => one.startsWith(`--${name}-hook=`)) ?? ''
  const script = option
    .slice(option.indexOf('=') + 1)
    .replaceAll(/^(cp -L|cp -rLT|native|lend .* cp -L) (?=\/)/gm, `$1 ${machine}`)
  const env = { ...process.env, MMDEBSTRAP_MODE: mode, MMDEBSTRAP_APT_CONFIG: aptConfig }
  await run('sh', ['-c', script, 'exec', root], { env })
}

it('puts programs, loader and libraries to where they are found', async () => {
  await mergedRoot()
  await hook('extract')
  expect(await readFile(join(root, 'run/polyarch/tar'), 'utf8')).toBe('program of /run/polyarch/ld.so\0\0\0\0\0\0')
  expect(await readFile(join(root, 'run/polyarch/ld.so'), 'utf8')).toBe('loader')
  expect(await readFile(join(root, 'lib64/libmd.so'), 'utf8')).toBe('other library')
  expect(await readFile(join(root, 'usr/lib/here/libc.so'), 'utf8')).toBe('library')
  expect(await readlink(join(root, 'usr/lib/here/perl-base'))).toBe('/run/polyarch/perl-base')
  expect(await readFile(join(root, 'run/polyarch/perl-base/strict.pm'), 'utf8')).toBe('module')
  expect(await readFile(aptConfig, 'utf8')).toMatch(/^DPkg::Path "\/run\/polyarch:\/usr\/sbin:/)
  expect(withNativeTools({ PATH: '/bin' })).toEqual({ PATH: '/run/polyarch:/bin' })
})

it('leaves the root as it was', async () => {
  const before = await mergedRoot()
  await hook('extract')
  await hook('essential')
  await hook('customize')
  expect(await content(root)).toEqual(before)
})

it('puts back what the merging of /usr has removed', async () => {
  const before = await mergedRoot()
  await hook('extract')
  await run('rm', [join(root, 'lib64')])
  await hook('essential')
  await access(join(root, 'lib64/libmd.so'))
  await hook('customize')
  expect(await content(root)).toEqual(before)
})

it('leaves what the root has, and what a package has put beside it meanwhile', async () => {
  const before = await mergedRoot({ 'usr/lib/here/libc.so': 'its own' })
  await hook('extract')
  await write(root, { 'usr/lib64/installed': 'later' })
  await hook('customize')
  expect(await content(root)).toEqual([...before, '/usr/lib64 ', '/usr/lib64/installed later'].sort())
})

it.each([
  ['in a mode that changes no root', 'fakechroot', () => mergedRoot()],
  ['where /usr is not merged', 'root', () => write(root, { 'lib/foreign/libc.so': 'its own', 'run/keep': '' })],
])('does nothing %s', async (_what, mode, make) => {
  await make()
  const before = await content(root)
  await hook('extract', mode)
  await hook('essential', mode)
  await hook('customize', mode)
  expect(await content(root)).toEqual(before)
  expect(await readFile(aptConfig, 'utf8')).toBe('')
})

it('is for foreign architectures alone', async () => {
  const own = { x64: 'amd64', arm64: 'arm64' }[process.arch as 'x64' | 'arm64']
  expect(await findNativeTools(own ?? process.arch)).toBeUndefined()
})
