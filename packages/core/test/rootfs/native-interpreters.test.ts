import { execFile } from 'node:child_process'
import { chmod, link, mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeEach, expect, it } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { interpreterScript } from '../../src/rootfs/apt/native-interpreters.js'

const run = promisify(execFile)
const cleanup = new Cleanup()
afterAll(() => cleanup[Symbol.asyncDispose]())

/** Stands for a root: its dpkg records its arguments, and the interpreters that scripts would run. */
let root = ''
beforeEach(async () => {
  root = cleanup.use(await tempFolder('root')).path
  await write('usr/bin/perl', 'own perl')
  await link(join(root, 'usr/bin/perl'), join(root, 'usr/bin/perl5.36.0'))
  await write('usr/bin/dash', 'own dash')
  for (const name of ['perl', 'dash']) await utimes(join(root, 'usr/bin', name), 1000, 1000)
  await write('native/perl', 'native perl')
  await write('native/dash', 'native dash')
  await write('native/perl-base/strict.pm', 'module')
  await dpkg('exit 0')
})

async function write(name: string, content: string): Promise<void> {
  await mkdir(join(root, name, '..'), { recursive: true })
  await writeFile(join(root, name), content)
}

async function dpkg(end: string): Promise<void> {
  const bin = join(root, 'usr/bin')
  await write('usr/bin/dpkg', `#!/bin/sh\necho "$*: $(cat ${bin}/perl), $(cat ${bin}/dash)" >>${root}/calls\n${end}\n`)
  await chmod(join(root, 'usr/bin/dpkg'), 0o755)
}

/** Runs the lent dpkg; returns the calls of the root's own. */
async function lent(...args: readonly string[]): Promise<readonly string[]> {
  const tools = {
    perl: `${root}/native/perl`,
    perlVersion: '5.36.0',
    perlModules: `${root}/native/perl-base`,
    shell: `${root}/native/dash`,
  }
  const script = interpreterScript(tools, 'run/polyarch')
  await run('sh', ['-c', `lend() { true; }\nnative() { cp $1 $2; }\n${script}`], { cwd: root })
  const program = join(root, 'run/polyarch/dpkg')
  await writeFile(program, (await readFile(program, 'utf8')).replaceAll('/usr/', `${root}/usr/`))
  await run(program, args).catch(() => undefined)
  return (await readFile(join(root, 'calls'), 'utf8')).trim().split('\n')
}

it('configures essential packages with native interpreters, after all are unpacked', async () => {
  const files = ['/archives/dash_1%3a0.5_arm64.deb', '/archives/libc6_2.36_arm64.deb']
  expect(await lent('--install', '--force-depends', '--status-fd=5', ...files)).toEqual([
    `--force-depends --status-fd=5 --unpack ${files.join(' ')}: own perl, own dash`,
    '--force-depends --status-fd=5 --configure dash libc6: native perl, native dash',
  ])
})

it('configures other packages with the own shell', async () => {
  expect(await lent('--status-fd', '5', '--configure', '--pending')).toEqual([
    '--status-fd 5 --configure --pending: native perl, own dash',
  ])
})

it('leaves the interpreters as they were, with their links', async () => {
  await lent('--configure', '--pending')
  const [perl, name] = [await stat(join(root, 'usr/bin/perl')), await stat(join(root, 'usr/bin/perl5.36.0'))]
  expect(perl.ino).toBe(name.ino)
  expect(perl.nlink).toBe(2)
  expect((await readdir(join(root, 'usr/bin'))).sort()).toEqual(['dash', 'dpkg', 'perl', 'perl5.36.0'])
})

it('gives native interpreters the times of the own ones, which links of packages get', async () => {
  await dpkg(`stat -c %Y ${root}/usr/bin/perl >>${root}/calls`)
  expect((await lent('--configure', '--pending'))[1]).toBe('1000')
})

it('configures those that are left with the own interpreters if a script fails', async () => {
  await dpkg(`grep -q native ${root}/usr/bin/perl && exit 1; exit 0`)
  expect(await lent('--status-fd=5', '--install', 'libc6_2.36_arm64.deb')).toEqual([
    '--status-fd=5 --unpack libc6_2.36_arm64.deb: own perl, own dash',
    '--status-fd=5 --configure libc6: native perl, native dash',
    '--status-fd=5 --configure --pending: own perl, own dash',
  ])
})

it.each([
  ['of another version', () => run('mv', [join(root, 'usr/bin/perl5.36.0'), join(root, 'usr/bin/perl5.40.1')])],
  ['with compiled modules of its own', () => mkdir(join(root, 'usr/lib/foreign/perl5'), { recursive: true })],
])('keeps a Perl %s', async (_what, change) => {
  await change()
  expect(await lent('--configure', '--pending')).toEqual(['--configure --pending: own perl, own dash'])
})

it('passes other calls on', async () => {
  expect(await lent('--unpack', 'one.deb')).toEqual(['--unpack one.deb: own perl, own dash'])
})
