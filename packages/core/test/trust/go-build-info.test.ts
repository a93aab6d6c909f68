import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { type GoBuildInfo, readGoBuildInfo } from '../../src/trust/sbom/go-build-info.js'
import { goPackages } from '../../src/trust/sbom/go-packages.js'

const MODULES = `path\texample.com/app
mod\texample.com/app\t(devel)\t
dep\tgithub.com/pkg/errors\tv0.9.1\th1:x=
dep\tgolang.org/x/sys\tv0.1.0\th1:y=
=>\tgolang.org/x/sys\tv0.20.0\th1:z=
dep\texample.com/local\tv0.0.0
=>\t./local\t
build\t-trimpath=true
`

const sized = (text: string) => {
  const bytes = Buffer.from(text, 'latin1')
  const { length } = bytes
  const head = length < 128 ? [length] : [(length & 0x7f) | 0x80, length >> 7]
  return Buffer.concat([Buffer.from(head), bytes])
}
const MAGIC = Buffer.from('\xff Go buildinf:', 'latin1')
const headed = (flags: number) => Buffer.concat([MAGIC, Buffer.from([8, flags]), Buffer.alloc(16)])
const INFO = Buffer.concat([
  headed(2),
  sized('go1.22.3 X:fieldtrack'),
  sized(`${'s'.repeat(16)}${MODULES}${'e'.repeat(16)}`),
])
const elf = (...parts: readonly Buffer[]) => Buffer.concat([Buffer.from('\x7fELF'), Buffer.alloc(12), ...parts])

const read = (bytes: Buffer, chunk = bytes.length): Promise<GoBuildInfo | undefined> => {
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, at) =>
    bytes.subarray(at * chunk, (at + 1) * chunk),
  )
  return readGoBuildInfo(Readable.from(chunks))
}

it('is found in a program, in chunks of any size', async () => {
  const program = elf(Buffer.alloc(4096, 1), INFO, Buffer.alloc(100))
  for (const chunk of [1, 7, 16, 1000, program.length]) {
    const info = await read(program, chunk)
    expect(info).toEqual({ goVersion: 'go1.22.3 X:fieldtrack', modules: MODULES })
  }
})

it('is not read from magic bytes in the code of a program', async () => {
  const inCode = elf(Buffer.alloc(5), MAGIC, Buffer.alloc(13), headed(2), Buffer.alloc(64), INFO)
  expect(await read(inCode)).toMatchObject({ modules: MODULES })
})

it.each([
  ['no program', INFO],
  ['an empty file', Buffer.alloc(0)],
  ['a program of another language', elf(Buffer.alloc(1000))],
  ['a program of Go before 1.18', elf(headed(0), Buffer.alloc(64))],
  ['a program that ends within it', elf(INFO.subarray(0, 60))],
  ['a length that is not believable', elf(headed(2), Buffer.alloc(40, 0xff))],
])('does not exist in %s', async (_what, bytes) => {
  expect(await read(bytes)).toBeUndefined()
})

it('lists the standard library and modules, with replacements in their place', () => {
  const packages = goPackages({ goVersion: 'go1.22.3 X:fieldtrack', modules: MODULES })
  expect(packages.map(({ type, name, version }) => `${type} ${name} ${version}`)).toEqual([
    'golang stdlib 1.22.3',
    'golang example.com/app (devel)',
    'golang github.com/pkg/errors v0.9.1',
    'golang golang.org/x/sys v0.20.0',
    'golang example.com/local v0.0.0',
  ])
})
