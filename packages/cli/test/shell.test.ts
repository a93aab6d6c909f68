import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cleanup } from '../../../test/support/cleanup.js'
import { tempFolder } from '../../../test/support/temp-folder.js'
import { importShell } from '../src/import/shell/import-shell.js'

const cleanup = new Cleanup()
let directory: string

beforeAll(async () => {
  directory = cleanup.use(await tempFolder('shell-import')).path
  await writeFile(join(directory, 'Dockerfile'), 'FROM team/from:2.1\n')
  await writeFile(join(directory, 'Dockerfile.own'), 'ARG BASE_IMAGE=alpine:3.22\nFROM ${BASE_IMAGE}\n')
})
afterAll(() => cleanup[Symbol.asyncDispose]())

function importText(text: string) {
  return importShell(text, { source: 'build.sh', directory, platform: 'linux/amd64' })
}

/** The recipe of 2018: bases, their list, an image per machine, and the final list. */
const RECIPE = `#!/bin/bash
set -e
export DOCKER_CLI_EXPERIMENTAL=enabled
VERSION=3.0.2
docker pull ubuntu:18.04
docker tag ubuntu:18.04 team/from-amd64:2.1
docker push team/from-amd64:2.1
docker pull resin/rpi-raspbian:stretch && docker tag resin/rpi-raspbian:stretch team/from-arm:2.1
docker push team/from-arm:2.1
docker manifest create team/from:2.1 team/from-amd64:2.1 team/from-arm:2.1
docker manifest annotate team/from:2.1 team/from-arm:2.1 --os linux --arch arm
docker manifest inspect team/from:2.1
docker manifest push --purge team/from:2.1
docker build -t team/sdk-amd64:$VERSION . && docker push team/sdk-amd64:$VERSION
docker build -t "team/sdk-arm:\${VERSION}" --build-arg JOBS=1 . && docker push team/sdk-arm:$VERSION
docker manifest create team/sdk:$VERSION team/sdk-amd64:$VERSION team/sdk-arm:$VERSION
docker manifest annotate team/sdk:$VERSION team/sdk-arm:$VERSION --os linux --arch arm --variant v7
docker manifest push -p team/sdk:$VERSION
docker manifest create team/sdk:latest team/sdk-amd64:$VERSION team/sdk-arm:$VERSION
docker manifest push team/sdk:latest
`

describe('a script of docker commands', () => {
  it('that follows the recipe of 2018 becomes one pipeline with a shared base', () => {
    const { text, notes } = importText(RECIPE)
    expect(notes).toEqual([])
    expect(text).toBe(`// Written by \`polyarch import build.sh\`.

import { fromImage, pipeline, platform, run } from '@polyarch/core'

const sdk = pipeline('docker.io/team/sdk')
  .sharedBase('docker.io/team/from:2.1')
  .platforms(
    platform('linux/amd64', { base: fromImage('ubuntu:18.04') }),
    platform('linux/arm/v7', { base: fromImage('resin/rpi-raspbian:stretch'), build: { args: { JOBS: '1' } } }),
  )
  .build({ context: '.' })
  .platformNames('{repository}-{arch}:{tag}')
  .tags('3.0.2', 'latest')

run(sdk)
`)
  })

  it('that tags a built image again publishes the names that it pushes', () => {
    const { text } = importText(
      'docker build --platform linux/amd64 -f Dockerfile.own -t app:dev .\ndocker tag app:dev ghcr.io/t/app:1\n' +
        'docker tag ghcr.io/t/app:1 ghcr.io/t/app:latest\ndocker push ghcr.io/t/app:1\ndocker push ghcr.io/t/app:latest\n',
    )
    expect(text).toContain("pipeline('ghcr.io/t/app')")
    expect(text).toContain(".tags('1', 'latest')")
    expect(text).not.toContain('dev')
  })

  it.each(['-qt', '-qat', '-q -t', '-qt=', '-t=', '--quiet=true -t '])('reads short flags in one word: %s', (flags) => {
    const { text } = importText(
      `docker build ${flags}${flags.endsWith('=') ? '' : ' '}ghcr.io/t/app:1 -f Dockerfile.own .`,
    )
    expect(text).toContain("pipeline('ghcr.io/t/app')")
    expect(text).toContain(".tags('1')")
  })

  it('has a note for names that it changes without making them', () => {
    const { notes } = importText(
      'docker manifest create -t x:1 t/made:1 t/b:1\ndocker pull alpine:3.22\ndocker tag alpine:3.22 ghcr.io/t/alpine:3.22\ndocker push ghcr.io/t/alpine:3.22\n' +
        'docker push t/other\ndocker manifest push t/list:1\ndocker manifest annotate t/list:1 t/a:1 --arch arm\n' +
        'docker build --builder pi -t ghcr.io/t/app:1 -f Dockerfile.own --platform linux/amd64 .\n',
    )
    expect(notes).toEqual([
      'run with --builder pi',
      '-t x:1 has no counterpart',
      'ghcr.io/t/alpine:3.22 is pushed, but not built here: npx @polyarch/cli copy alpine:3.22 ghcr.io/t/alpine:3.22',
      't/other is pushed, but not built here: npx @polyarch/cli copy <image> t/other',
      'the list t/list:1 is pushed, but not made here',
      "t/a:1 is annotated as 'arm' in t/list:1, which has no such image",
    ])
  })

  it('that gives an index of several platforms another name keeps its platforms', () => {
    const { text, notes } = importText(
      'docker buildx build --platform linux/amd64,linux/arm64 -f Dockerfile.own -t ghcr.io/t/app:1 --push .\n' +
        'docker buildx imagetools create -t ghcr.io/t/app:latest ghcr.io/t/app:1\n',
    )
    expect(notes).toEqual([])
    expect(text).toContain("platform('linux/arm64'")
    expect(text).toContain(".tags('1', 'latest')")
    expect(text).not.toContain('assemble')
  })

  it('that lists built images beside others builds them before it makes the index', () => {
    const { text } = importText(
      'docker build --platform linux/amd64 -f Dockerfile.own -t ghcr.io/t/app-amd64:1 .\n' +
        'docker manifest create ghcr.io/t/app:1 ghcr.io/t/app-amd64:1 ghcr.io/t/app-arm:1\n',
    )
    expect(text).toMatch(
      /main = async \(\) => \{\n {2}await execute\(appAmd64\)\n {2}await assemble\('ghcr.io\/t\/app:1'/,
    )
    expect(text).not.toContain('run(')
  })

  it('with switches that are set to false does not set them', () => {
    const { text } = importText('docker build --no-cache=false --pull=false -f Dockerfile.own -t ghcr.io/t/app:1 .')
    expect(text).not.toMatch(/noCache|pull/)
  })

  it('that makes lists has a note for each flag without a counterpart, and keeps all names', () => {
    const { text, notes } = importText(
      'docker buildx imagetools create --annotation index:a=b -t ghcr.io/t/app:1 -t ghcr.io/t/app:2 ghcr.io/t/x:1\n' +
        'docker manifest create ghcr.io/t/app:3 ghcr.io/t/y:1\n' +
        'docker manifest annotate ghcr.io/t/app:3 ghcr.io/t/y:1 --arch arm64 --os-version 10\n' +
        'docker buildx imagetools create --dry-run -t ghcr.io/t/app:4 ghcr.io/t/x:1\n',
    )
    expect(notes).toEqual(['--annotation index:a=b has no counterpart', '--os-version 10 has no counterpart'])
    expect(text).toContain(
      "for (const name of ['ghcr.io/t/app:1', 'ghcr.io/t/app:2']) {\n    await assemble(name, ['ghcr.io/t/x:1'])\n  }\n",
    )
    expect(text).toContain("await assemble('ghcr.io/t/app:3'")
    expect(text).not.toContain('app:4')
  })

  it('that annotates an image differently in two lists has a note on it', () => {
    const { text, notes } = importText(
      'docker manifest create t/app:1 t/x:1\ndocker manifest annotate t/app:1 t/x:1 --arch arm64\n' +
        'docker manifest create t/app:2 t/x:1\ndocker manifest annotate t/app:2 t/x:1 --arch s390x\n',
    )
    expect(notes).toEqual([
      't/app:2: the platform of t/x:1 is linux/s390x, but linux/arm64 in t/app:1, which is used for both',
    ])
    expect(text).toContain("platform: 'linux/arm64'")
  })

  it('that builds an image twice uses the last build, with a note', () => {
    const lines = ['docker build -t t/app:1 --build-arg A=1 .', 'docker build -t t/app:1 --build-arg A=2 .']
    const listed = ['docker push t/app:1', 'docker manifest create t/all:1 t/app:1', 'docker manifest push t/all:1']
    for (const rest of [['docker push t/app:1'], listed]) {
      const { text, notes } = importText([...lines, ...rest].join('\n'))
      expect(text).toContain("args: { A: '2' }")
      expect(text).not.toContain("A: '1'")
      expect(notes).toContain(
        `t/app:1: is built again later, and the last build counts; line 1 was not read: ${lines[0]}`,
      )
    }
  })

  it('that annotates an image without an architecture takes it from the name, or has a note', () => {
    const { text, notes } = importText(
      'docker manifest create t/app:1 t/app-arm:1 t/other:1\ndocker manifest annotate t/app:1 t/app-arm:1 --os freebsd --variant v6\n' +
        'docker manifest annotate t/app:1 t/other:1 --os freebsd\n',
    )
    expect(text).toContain("platform: 'freebsd/arm/v6'")
    expect(notes).toEqual(["t/other:1 is annotated as 'freebsd' in t/app:1, without an architecture"])
  })

  it('that adds an image to a list twice lists it once', () => {
    const { text } = importText(
      'docker buildx imagetools create -t t/app:1 -t t/app:1 t/x:1 t/x:1\ndocker manifest create --amend t/app:1 t/x:1 t/y:1\n',
    )
    expect(text).toContain("await assemble('docker.io/t/app:1', ['docker.io/t/x:1', 'docker.io/t/y:1'])")
  })

  it('that gives an index many names lists its images once', () => {
    const words = Array.from({ length: 300 }, (_, at) => `-t t/app:${at} t/image:${at}`)
    const { text } = importText(`docker buildx imagetools create ${words.join(' ')}`)
    expect(text.match(/'docker\.io\/t\/image:7'/g)).toHaveLength(1)
    expect(text).toContain("'docker.io/t/app:299'")
  })

  it('with a build for several platforms has its flags as options', () => {
    const { text, notes } = importText(
      'docker buildx build --platform linux/amd64,linux/arm64 -f Dockerfile.own --build-arg V=1 --label=a=b ' +
        '--secret id=t,env=T --cache-to type=inline --provenance=mode=max --sbom true --no-cache --push ' +
        '-t ghcr.io/t/app:1 -tghcr.io/t/app:latest --squash --isolation x .',
    )
    expect(text).toContain("platform('linux/arm64', { base: fromImage('alpine:3.22') })")
    for (const option of [
      "dockerfile: 'Dockerfile.own'",
      "args: { V: '1' }",
      "labels: { a: 'b' }",
      "secrets: { t: { env: 'T' } }",
      "cacheTo: ['type=inline']",
      "attest: { provenance: 'max', sbom: true }",
      'noCache: true',
      ".tags('1', 'latest')",
    ]) {
      expect(text).toContain(option)
    }
    expect(notes).toEqual(['--squash has no counterpart', '--isolation x has no counterpart'])
  })

  it('that only makes a list becomes a call of assemble', () => {
    const { text, notes } = importText(
      'sudo docker manifest create --amend r.example/app:1 r.example/app-amd64:1 r.example/app-arm32v6:1\n' +
        'docker buildx imagetools create -t r.example/app:2 r.example/app@sha256:' +
        'a'.repeat(64) +
        '\n',
    )
    expect(notes).toEqual([])
    expect(text).toContain("{ image: 'r.example/app-amd64:1', platform: 'linux/amd64' }")
    expect(text).toContain("{ image: 'r.example/app-arm32v6:1', platform: 'linux/arm/v6' }")
    expect(text).toContain(`await assemble('r.example/app:2', ['r.example/app@sha256:${'a'.repeat(64)}'])`)
    expect(text).not.toContain('run(')
  })

  it.each([
    ['for tag in $TAGS; do docker push r.example/app:$tag; done', 'a loop over unknown words'],
    ['while read -r tag; do docker push r.example/app:$tag; done', 'a loop without words'],
    ['if true; then docker push a/b; fi', 'a condition'],
    ['if [ -f Dockerfile ]; then docker push a/b; fi', 'a condition on a file'],
    ['[ -n "$CI" ] && docker push a/b', 'a condition on the environment'],
    ['case $(uname -m) in x86_64) docker push a/b;; esac', 'a choice by the machine'],
    ['case abc in a[b]c) docker push a/b;; esac', 'a pattern with brackets'],
    ['docker push a/b:$(date +%s)', 'a value of a program'],
    ['docker push a/b:$TAG', 'a value of the environment'],
    ['docker push a/b:${TAG:-1}', 'a default'],
    ['docker push a/b:${#TAG}', 'a length'],
    ['docker push a/b || docker push c/d', 'an alternative'],
    ['docker push a/b | tee log', 'a pipe'],
    ['(docker push a/b)', 'a shell of its own'],
    ['DOCKER_HOST=ssh://pi docker push a/b', 'a variable of one command'],
    ['docker build - < Dockerfile', 'a Dockerfile from standard input'],
    ['docker run --rm a/b', 'a command that is not imported'],
    ['cd app', 'another directory'],
    ['docker build . other', 'two contexts'],
    ['docker push --all-tags t/app', 'every local tag'],
    ['docker tag a', 'a name alone'],
    ['docker build .', 'a build without a name'],
    ['sudo build .', 'another program'],
    ['publish() { docker push "$1"; }', 'a function that is not called'],
    ['for one in 1; do break 2; done', 'the end of several loops'],
  ])('%s is skipped with its line: %s', (line) => {
    const { text, notes } = importText(`docker build -f Dockerfile.own --platform linux/amd64 -t t/app .\n${line}\n`)
    const unread = /break 2/.test(line) ? 'break 2' : line
    expect(notes).toEqual([`line 2 was not read: ${unread}`])
    expect(text).toContain(`// - line 2 was not read: ${unread}\n`)
  })

  it('that publishes nothing is rejected, with the notes', () => {
    const read = () => importText('set -e\nmake\ndocker run --rm a/b\n')
    expect(read).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        issues: [
          expect.objectContaining({ path: 'build.sh', message: 'it cannot be imported: it publishes no image' }),
          { path: 'build.sh', message: 'line 2 was not read: make' },
          { path: 'build.sh', message: 'line 3 was not read: docker run --rm a/b' },
        ],
      }),
    )
  })

  it('that is not a shell script is rejected with its line', () => {
    expect(() => importText('docker push a/b\nif then\n')).toThrow(/line 2: /)
  })

  it('has a note for names without a pattern, and for a build of an unknown platform', () => {
    const { notes } = importText(
      'docker build -t t/a:1 -f Dockerfile.own .\ndocker build -t t/b-arm:1 -f Dockerfile.own .\n' +
        'docker manifest create t/app:1 t/a:1 t/b-arm:1\n',
    )
    expect(notes).toEqual([
      't/a:1: its platform is not stated, so it is linux/amd64',
      'the names t/a:1, t/b-arm:1 follow no pattern: set .platformNames(…), or drop them',
    ])
  })
})
