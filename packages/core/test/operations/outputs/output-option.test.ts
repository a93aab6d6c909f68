import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { tempFolder } from '../../../../../test/support/temp-folder.js'
import { compile } from '../../../src/definition/compile/compile.js'
import { fromImage } from '../../../src/definition/declare/image-base.js'
import { pipeline } from '../../../src/definition/declare/pipeline.js'
import { platform } from '../../../src/definition/declare/platform-declaration.js'
import { checkDestinations } from '../../../src/operations/outputs/incoming.js'
import { type OutputOption, readOutputs } from '../../../src/operations/outputs/output-option.js'

const base = fromImage('example.com/base:1')
const amd64 = platform('amd64', { base })
const app = pipeline('example.com/team/app')
  .platforms(amd64, platform('arm', { variant: 'v7', base }))
  .tags('1')
const tool = pipeline('example.com/team/tool').platforms(amd64).tags('1')

function read(option: OutputOption, pipelines = [app]) {
  return readOutputs([option], compile(pipelines)).map(({ type, dest, pipeline: { name: id }, platforms }) => ({
    type,
    dest,
    id,
    platforms: platforms.map(({ architecture }) => architecture),
  }))
}

it('reads outputs of texts and objects', () => {
  expect(read('type=oci,dest=out/image.tar')).toEqual([
    { type: 'oci', dest: resolve('out/image.tar'), id: 'app', platforms: ['amd64', 'arm'] },
  ])
  expect(read('type=docker,"dest=/out/a,b.tar",platform=linux/armv7l')).toMatchObject([
    { type: 'docker', dest: '/out/a,b.tar', platforms: ['arm'] },
  ])
  expect(read({ type: 'local', dest: '/out', pipeline: 'tool' }, [app, tool])).toMatchObject([
    { id: 'tool', platforms: ['amd64'] },
  ])
})

it.each<[OutputOption, string, string]>([
  ['dest=image.tar', 'output is not valid', 'type=oci'],
  ['type=image,dest=image.tar', "output type 'image' does not exist", 'local, tar, oci, docker'],
  ['type=tar', "requires 'dest'", 'dest='],
  ['type=tar,dest=-', 'cannot be written to standard output', 'dest='],
  ['type=tar,dest=a,platforms=linux/amd64', "output field 'platforms' does not exist", 'platform'],
  ['type=tar,dest=a,platform=linux/s390x', "does not have platform 'linux/s390x'", 'linux/amd64, linux/arm/v7'],
  ['type=tar,dest=a,pipeline=ap', "output pipeline 'ap' does not exist", 'app'],
  ['type=docker,dest=a', 'has one platform', 'platform='],
])('rejects %j', (option, message, hint) => {
  expect(() => read(option)).toThrow(
    expect.objectContaining({
      code: 'USAGE',
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    }),
  )
})

it('rejects an output of several pipelines, and two outputs to one place', () => {
  expect(() => read('type=tar,dest=a', [app, tool])).toThrow('output does not select one of several pipelines')
  const options = ['type=tar,dest=a', 'type=oci,dest=./a']
  expect(() => readOutputs(options, compile([app]))).toThrow('the dest of two outputs')
})

it('refuses to replace what is no output', async () => {
  await using folder = await tempFolder('outputs')
  const [full, file] = [join(folder.path, 'full'), join(folder.path, 'file')]
  await mkdir(join(full, 'in'), { recursive: true })
  await writeFile(file, 'text')
  const check = (type: string, dest: string) =>
    checkDestinations(readOutputs([`type=${type},dest=${dest}`], compile([app])))
  await expect(check('local', full)).rejects.toThrow(`directory '${full}' is not empty`)
  await expect(check('local', file)).rejects.toThrow('is not a directory')
  await expect(check('tar', full)).rejects.toThrow('exists and is not a file')
  await check('local', join(full, 'in'))
  await check('local', join(full, 'new'))
  await check('oci', file)
})
