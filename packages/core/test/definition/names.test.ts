import { describe, expect, it } from 'vitest'
import { compile } from '../../src/definition/compile/compile.js'
import { fromImage } from '../../src/definition/declare/image-base.js'
import { pipeline } from '../../src/definition/declare/pipeline.js'
import { platform } from '../../src/definition/declare/platform-declaration.js'
import { formatReference } from '../../src/model/reference.js'
import { NAME, simple } from './definitions.js'

/** That a definition has this one issue. */
function issueOf(message: string, hint: string) {
  const issue = { message: expect.stringContaining(message), hint: expect.stringContaining(hint) }
  return expect.objectContaining({ issues: [expect.objectContaining(issue)] })
}

describe('the name of a pipeline', () => {
  it.each([
    ['a tag alone', ':1.0', 'is not a valid image name', 'write the repository'],
    ['upper case', 'registry.example.com/App', 'is not a valid image name', 'lower case'],
    ['a tag', `${NAME}:1.0`, 'has a tag or digest', ".tags('1.0')"],
    ['no host', 'team/app', 'has no registry host', '--registry embedded'],
    ['an address', `https://${NAME}/`, 'is not a valid image name', `write it without 'https://': '${NAME}'`],
  ])('is rejected with %s', (_what, written, message, hint) => {
    const named = pipeline(written).platforms(platform('amd64', { base: fromImage('registry.example.com/base:1') }))
    expect(() => compile([named.tags('1')])).toThrow(issueOf(message, hint))
  })

  it.each([
    ['what is none', 'not a host', 'host[:port]'],
    ['an address', 'http://a.example.com:5000', "without 'http://': 'a.example.com:5000'; plain HTTP is used for"],
  ])('is on no registry that is %s', (_what, registry, hint) => {
    expect(() => compile([simple], { registry })).toThrow(issueOf('registry host', hint))
  })
})

describe('the names of an index', () => {
  it('are tags in its own repository, and whole names anywhere, in the order of the definition', () => {
    const one = simple.tags('2.0', `${NAME}:also`, 'other.example.com/app', 'mirror.example.com/team/app:1.0')
    const namesOf = (registry?: string) => compile([one], { registry }).pipelines[0]?.names.map(formatReference)
    expect(namesOf()).toEqual([
      `${NAME}:1.0`,
      `${NAME}:2.0`,
      `${NAME}:also`,
      'other.example.com/app:latest',
      'mirror.example.com/team/app:1.0',
    ])
    // One registry in the place of several makes two of them the same.
    const moved = ['team/app:1.0', 'team/app:2.0', 'team/app:also', 'app:latest']
    expect(namesOf('here.example.com')).toEqual(moved.map((name) => `here.example.com/${name}`))
  })

  it.each([
    ['a digest', `other.example.com/app@sha256:${'0'.repeat(64)}`, 'has a digest', 'write a tag'],
    ['no host', 'team/other:1.0', 'has no registry host', 'docker.io/team/other'],
    ['no tag', 'not a tag', "tag 'not a tag' is not valid", 'host/path:tag'],
  ])('are rejected with %s', (_what, written, message, hint) => {
    expect(() => compile([simple.tags(written)])).toThrow(issueOf(message, hint))
  })
})
