import { describe, expect, it } from 'vitest'
import { fromImage } from '../../src/definition/declare/image-base.js'
import { pipeline } from '../../src/definition/declare/pipeline.js'
import { platform } from '../../src/definition/declare/platform-declaration.js'
import { defineDistribution } from '../../src/definition/plugin/distribution.js'
import { type Base, definePlugin, type Plugin } from '../../src/definition/plugin/plugin.js'
import { start } from './definitions.js'

import { answering, apt, image, issuesOf } from './plugin-answers.js'

describe('an image as a base', () => {
  it.each([
    [fromImage(5 as never), "'5' is not a valid image name"],
    [fromImage('a.example/b:1', { configPolicy: 'hope' as never }), 'configPolicy must be'],
    [fromImage('a.example/b:1', { codePolicy: 'hope' as never }), 'codePolicy must be'],
  ])('is rejected without types, too: %j', (base, message) => {
    const one = pipeline('registry.example.com/app').platforms(platform('amd64', { base }))
    expect(issuesOf(one)).toMatchObject([{ message: expect.stringContaining(message) }])
  })
})

describe('the table of a distribution', () => {
  const trees = defineDistribution({
    title: 'Trees',
    image: 'registry.example.com/trees',
    configPolicy: 'require-match',
    defaultRelease: '1',
    flavors: { slim: '-slim' },
    releases: { oak: { aliases: ['1'], tag: 'oak', suite: 'oak', platforms: { 'linux/amd64': 'amd64' } } },
    archive: { distribution: 'trees', components: ['main'] },
  })

  it.each([
    ['a number as release', { release: 1 }, "release '1' must be a string"],
    ['a flavor that every object has', { flavor: 'toString' }, "Trees flavor 'toString' does not exist"],
    ['an empty image', { image: 5 }, "image '5' must be a string"],
    ['a keyring that is no path', { source: 'apt', keyring: 5 }, "keyring '5' must be a string"],
    ['a flag as a text', { source: 'apt', mirror: 'http://a', frozen: 'no' }, "frozen 'no' must be true or false"],
    ['an option for a mirror', { source: 'apt', mirror: '[trusted=yes] http://a' }, 'mirror "[trusted=yes]'],
    ['an option for a package', { source: 'apt', packages: ['-o=x'] }, 'package "-o=x" is not valid'],
    ['a line in a package', { source: 'apt', packages: ['curl\nwget'] }, 'is not valid'],
  ])('rejects %s of an untyped definition', (_what, options, message) => {
    const one = pipeline('registry.example.com/app')
      .use(definePlugin({ name: 'polyarch-plugin-trees', bases: { trees } }))
      .platforms(platform('amd64', { base: 'trees', ...options } as never))
    expect(issuesOf(one)).toMatchObject([{ message: expect.stringContaining(message) }])
  })
})

describe('a plugin that cannot be used', () => {
  it('because it is newer is rejected by a sentence that names both contracts', () => {
    const newer = { ...definePlugin({ name: 'polyarch-plugin-newer', bases: {} }), contract: 2 } satisfies Plugin
    expect(issuesOf(start.use(newer).platforms(platform('amd64', { base: 'wide' })))).toMatchObject([
      {
        message: 'polyarch-plugin-newer uses plugin contract 2, this @polyarch/core supports 1',
        hint: 'install a newer @polyarch/core',
      },
    ])
  })

  it('because it claims a reserved word, written without types', () => {
    const greedy: Base = { platforms: ['linux/amd64'], optionNames: ['variant' as never], source: () => image }
    const one = start.use({ ...definePlugin({ name: 'greedy', bases: {} }), bases: { greedy } })
    expect(issuesOf(one)).toContainEqual(expect.objectContaining({ message: expect.stringContaining("'variant'") }))
  })

  it.each([
    ['nothing', undefined, 'not an object'],
    ['a promise', Promise.resolve(image), 'promise'],
    [
      'a kind that this core does not know',
      { kind: 'apk' },
      "kind 'apk' is unknown; this @polyarch/core supports registry, apt",
    ],
    ['a kind that is none', { kind: 'made', by: 'apk', source: {} }, 'by must be a kind of root file systems'],
    ['a kind without methods', { kind: 'made', by: { name: 'apk', tools: [] }, source: {} }, 'by.issues must be'],
    ['a kind with half a tool', { kind: 'made', by: { tools: [{ program: 'a' }] } }, 'by.tools[0].package must be'],
    ['an image without a reference', { ...image, reference: '' }, 'reference must be a string'],
    ['a policy that there is not', { ...image, configPolicy: 'hope' }, 'configPolicy must be'],
    ['packages that are no list', { kind: 'apt', packages: 'curl' }, 'packages must be a list'],
    ['an option in a suite', { ...apt, suite: '-o=APT::Update::Pre-Invoke=id' }, 'suite: "-o=APT'],
    ['a line break in a suite', { ...apt, suite: 'sid\ndeb' }, 'suite: "sid\\ndeb" is not valid'],
    ['a suite above its folder', { ...apt, suite: 'a/../../x' }, 'suite: "a/../../x" is not valid'],
    ['an option in a component', { ...apt, components: ['main', '[trusted=yes]'] }, 'components: "[trusted=yes]"'],
    ['a space in an architecture', { ...apt, architecture: 'amd64 i386' }, 'architecture: "amd64 i386"'],
    ['a mirror with an option', { ...apt, mirror: '[trusted=yes] http://a' }, 'mirror "[trusted=yes] http://a"'],
    ['a mirror with a line', { ...apt, mirror: 'http://a\ndeb http://b' }, 'is not an http or https URL'],
    ['a mirror of another kind', { ...apt, mirror: 'file:///etc' }, 'is not an http or https URL'],
    ['an option for a package', { ...apt, packages: ['-oDpkg::Pre-Invoke::=id'] }, 'package "-oDpkg'],
    ['two packages in one', { ...apt, packages: ['curl,-y'] }, 'package "curl,-y" is not valid'],
    ['a variant that there is not', { ...apt, variant: '-' }, 'variant must be one of minbase'],
    ['keys that are no texts', { kind: 'apt', keys: ['key'] }, 'keys must be armored public keys'],
    [
      'a key under another name',
      { kind: 'apt', keys: { ABCD: 'key' } },
      'the value of ABCD is not an armored OpenPGP public key',
    ],
    ['an archive without a checksum', { kind: 'rootfs', location: '/a.tar' }, 'sha256 must be'],
    ['no pipeline', { kind: 'pipeline', pipeline: 'sdk' }, "pipeline('…')"],
    ['a pipeline without a declaration', { kind: 'pipeline', pipeline: { kind: 'pipeline' } }, "pipeline('…')"],
    ['a name of every object', { kind: 'toString' }, "kind 'toString' is unknown"],
    ['a policy in a list', { ...image, configPolicy: ['fix-config'] }, 'configPolicy must be'],
    ['a policy of machine code that there is not', { ...image, codePolicy: 'hope' }, 'codePolicy must be'],
    ['a checksum in a list', { kind: 'rootfs', location: '/a', sha256: ['a'.repeat(64)] }, 'sha256 must be'],
    ['a flag as a text', { ...apt, isFrozen: 'no' }, 'isFrozen must be true or false'],
    ['architectures as a text', { ...apt, hostMirrorArchitectures: 'amd64' }, 'hostMirrorArchitectures must be a list'],
    ['a keyring that is no path', { ...apt, keyring: 5 }, 'keyring must be a string'],
    ['no components', { ...apt, components: [] }, 'components must not be empty'],
    ['an issue without a message', { kind: 'issue' }, 'message of an issue must be a string'],
    [
      'a list with a wrong option',
      [{ kind: 'issue', message: 'no', option: 5 }],
      'option of an issue must be a string',
    ],
    ['a hint that is no text', { kind: 'issue', message: 'no', hint: {} }, 'hint of an issue must be a string'],
    ['a check that is no command', { ...image, check: 'true' }, 'check must be a command'],
    ['a day that there is not', { ...image, endOfLife: '2026-13-45' }, 'endOfLife must be a date'],
    ['args that are no texts', { ...image, buildArgs: { JOBS: 1 } }, 'buildArgs must be strings'],
  ])('because it answers %s, is named', (_what, answer, message) => {
    const issue = { hint: 'report it to the author of polyarch-plugin-test', message: expect.stringContaining(message) }
    expect(issuesOf(answering(answer))).toContainEqual(expect.objectContaining(issue))
  })

  it.each([
    ['bases as a list', { bases: [] }, 'bases must be an object of bases by name'],
    ['no bases', { bases: undefined }, 'bases must be an object of bases by name'],
    ['nothing for a base', { bases: { wide: null } }, "base 'wide' is not an object"],
    [
      'a base without platforms',
      { bases: { wide: { optionNames: [], source() {} } } },
      "platforms of base 'wide' must",
    ],
    [
      'numbers for options',
      { bases: { wide: { platforms: [], optionNames: [1], source() {} } } },
      'optionNames of base',
    ],
    [
      'a base without a source',
      { bases: { wide: { platforms: [], optionNames: [] } } },
      "source of base 'wide' must be",
    ],
    ['nothing for an alias', { aliases: { pi: null } }, "platform alias 'pi' must have a platform and a base"],
    [
      'a base of every object for an alias',
      { aliases: { pi: { platform: 'linux/arm/v6', base: 'toString' } } },
      'no base',
    ],
    ['aliases as a text', { aliases: 'pi' }, 'aliases must be an object by alias'],
    ['no name', { name: undefined }, 'name must be a string'],
    ['a name that is no text', { name: Symbol('x') }, 'name must be a string'],
  ])('because it has %s, is named', (_what, part, message) => {
    const wrong = { ...definePlugin({ name: 'polyarch-plugin-wrong', bases: {} }), ...part } as unknown as Plugin
    expect(
      issuesOf(
        pipeline('registry.example.com/app')
          .use(wrong)
          .platforms(platform('amd64', {} as never)),
      ),
    ).toContainEqual(
      expect.objectContaining({ path: expect.stringContaining('.use'), message: expect.stringContaining(message) }),
    )
  })

  it.each([undefined, '1', Symbol('1'), {}])('because its contract is %j, is named', (contract) => {
    const wrong = { ...definePlugin({ name: 'polyarch-plugin-wrong', bases: {} }), contract } as unknown as Plugin
    expect(
      issuesOf(
        pipeline('registry.example.com/app')
          .use(wrong)
          .platforms(platform('amd64', {} as never)),
      ),
    ).toContainEqual(expect.objectContaining({ message: expect.stringContaining('uses plugin contract') }))
  })

  it('because it throws, is named beside all other issues', () => {
    const thrower: Base = {
      platforms: ['linux/amd64'],
      optionNames: [],
      source: () => {
        throw new TypeError('oops')
      },
    }
    const one = start
      .use(definePlugin({ name: 'polyarch-plugin-thrower', bases: { thrower } }))
      .platforms(platform('amd64', { base: 'thrower' }), platform('arm', { base: 'wide', release: 'two' }))
    expect(issuesOf(one).map(({ message }) => message)).toEqual([
      "base 'thrower' of polyarch-plugin-thrower failed: oops",
      "release 'two' does not exist",
    ])
  })
})
