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

  it('has a note for names that it changes and does not make', () => {
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
      expect(notes).toContain('t/app:1: is built again later, and the last build counts')
    }
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
  ])('%s is left with its line: %s', (line) => {
    const { text, notes } = importText(`docker build -f Dockerfile.own --platform linux/amd64 -t t/app .\n${line}\n`)
    const unread = /break 2/.test(line) ? 'break 2' : line
    expect(notes).toEqual([`line 2 was not read: ${unread}`])
    expect(text).toContain(`// - line 2 was not read: ${unread}\n`)
  })

  it('that publishes nothing is rejected, with everything that was not read', () => {
    const read = () => importText('set -e\nmake\ndocker run --rm a/b\n')
    expect(read).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        issues: [
          expect.objectContaining({ path: 'build.sh', message: 'nothing can be imported: it publishes no image' }),
          { path: 'build.sh', message: 'line 2 was not read: make' },
          { path: 'build.sh', message: 'line 3 was not read: docker run --rm a/b' },
        ],
      }),
    )
  })

  it('that is no shell script is rejected with its line', () => {
    expect(() => importText('docker push a/b\nif then\n')).toThrow(/line 2: /)
  })

  it('that builds in a loop becomes one pipeline with a platform for each word', () => {
    const { text, notes } = importText(`tag=1.0
for arch in amd64 arm64; do
  docker build --platform "linux/$arch" -f Dockerfile.own -t "ghcr.io/t/app:$tag-\${arch}" .
  docker push "ghcr.io/t/app:$tag-$arch"
done
docker manifest create ghcr.io/t/app:$tag ghcr.io/t/app:$tag-amd64 ghcr.io/t/app:$tag-arm64
docker manifest push ghcr.io/t/app:$tag
`)
    expect(notes).toEqual([])
    expect(text).toContain(`const app = pipeline('ghcr.io/t/app')
  .platforms(
    platform('linux/amd64', { base: fromImage('alpine:3.22') }),
    platform('linux/arm64', { base: fromImage('alpine:3.22') }),
  )
  .build({ context: '.', dockerfile: 'Dockerfile.own' })
  .platformNames('{repository}:{tag}-{arch}')
  .tags('1.0')
`)
  })

  it.each([
    ['app:1.0-amd64 app:1.0-armv7', '{repository}:{tag}-{arch}{variant}'],
    ['app:amd64-1.0 app:arm-1.0', '{repository}:{arch}-{tag}'],
    ['app-amd64:1.0 app-arm:1.0', '{repository}-{arch}:{tag}'],
    ['amd64-app:1.0 arm-app:1.0', 'r.example/{arch}-app:{tag}'],
    ['app:amd64 app:arm', '{repository}:{arch}'],
  ])('finds the pattern of %s', (written, pattern) => {
    const [amd = '', arm = ''] = written.split(' ').map((name) => `r.example/${name}`)
    const { text } = importText(
      `docker build -f Dockerfile.own -t ${amd} .\ndocker build -f Dockerfile.own -t ${arm} .\n` +
        `docker manifest create r.example/app:1.0 ${amd} ${arm}\n` +
        `docker manifest annotate r.example/app:1.0 ${amd} --arch amd64\n` +
        `docker manifest annotate r.example/app:1.0 ${arm} --arch arm --variant v7\n`,
    )
    expect(text).toContain(`.platformNames('${pattern}')`)
  })

  /** The names that commands with these lines before them push, by the pipelines that build them. */
  function pushedBy(lines: string): readonly string[] {
    const { text } = importText(`${lines}\n`)
    return [...text.matchAll(/pipeline\('r\.example\/([^']+)'\)[\s\S]*?\.tags\(([^)]*)\)/g)].flatMap(
      ([, repository, tags = '']) => [...tags.matchAll(/'([^']+)'/g)].map(([, tag]) => `${repository}:${tag}`),
    )
  }
  const build = (tag: string) => `docker build -f Dockerfile.own -t r.example/app:${tag} .`

  it.each([
    ['for a in 1 2; do for b in x y; do IMAGE; done; done', '$a-$b', '1-x 1-y 2-x 2-y'],
    ['for a in {1,2}; do IMAGE; done', '$a', '1 2'],
    ['ALL="1 2"; for a in $ALL 3; do IMAGE; done', '$a', '1 2 3'],
    ['ALL=(1 2); ALL+=(3); for a in "${ALL[@]}"; do IMAGE; done', '$a', '1 2 3'],
    ['ALL=(1 2); for a in ${ALL[*]}; do IMAGE; done', '$a', '1 2'],
    ['for p in linux/arm/v7; do a=${p#linux/}; IMAGE; done', '${a//\\//-}', 'arm-v7'],
    ['for p in linux/arm/v7; do IMAGE; done', '${p##*/}-${p%%/*}-${p%/*}', 'v7-linux-linux/arm'],
    ['V=a1; IMAGE', '${V^^}-${V:-x}-${V:+y}-${V/a/b}-${V/%1/2}-${V/#a/c}', 'A1-a1-y-b1-a2-c1'],
    ['for a in 1 2; do case $a in 1) t=one;; *) t=more;; esac; IMAGE; done', '$t', 'one more'],
    ['for a in arm64 amd64; do case $a in arm*|x) t=1;; ?md64) t=2;; esac; IMAGE; done', '$t', '1 2'],
    ['for a in 1 2; do if [ "$a" = 1 ]; then t=x; elif [[ $a == 2* ]]; then t=y; fi; IMAGE; done', '$t', 'x y'],
    ['for a in 1 2; do if [ $a != 1 ] && test -n "$a"; then IMAGE; else :; fi; done', '$a', '2'],
    ['for a in 1 2 3; do [ $a = 2 ] && continue; IMAGE; done', '$a', '1 3'],
    ['for a in 1 2 3; do [[ ! $a < 2 && $a != 3 ]] || true; [ ! $a = 2 ] || break; IMAGE; done', '$a', '1'],
    ['one() { local t=$1; IMAGE; }; t=x; one 1; one 2 > log; one $t', '$t', '1 2 x'],
    ['one() { for a in "$@"; do IMAGE; done; return; exit 1; }; one 1 2', '$a', '1 2'],
    ['for a in 1 2; do IMAGE & done; wait', '$a', '1 2'],
    ['a=1; DOCKER_BUILDKIT=1 IMAGE > log 2>&1 || exit 1', '$a', '1'],
    ['a=1; IMAGE; exit 0; docker build -t r.example/app:2 .', '$a', '1'],
    ['a=1; { IMAGE; } > log', '$a', '1'],
  ])('%s builds %s as %s', (script, tag, tags) => {
    const names = tags.split(' ').map((one) => `app:${one}`)
    const written = script.replaceAll('IMAGE', build(tag))
    const isName = names.every((name) => !name.includes('/'))
    if (isName) expect(pushedBy(written).toSorted()).toEqual(names.toSorted())
    else
      expect(
        importText(written.replace(build(tag), `docker build -t r.example/app --label a=${tag} .`)).text,
      ).toContain(tags)
  })

  it.each(['V=$(date)', 'read V', 'source ./version', 'if true; then V=2; fi', 'while false; do V=2; done', 'unset V'])(
    '%s makes the value unknown that a variable had',
    (line) => {
      const { notes } = importText(`${build('1')}\nV=1\n${line}\ndocker push r.example/app:$V\n`)
      expect(notes).toContain('line 4 was not read: docker push r.example/app:$V')
    },
  )

  it('gets values that it does not state', () => {
    const set = new Map([
      ['1', '1.0'],
      ['REVISION', 'abc'],
    ])
    const script = `set -eu\nuse() { echo "$1"; }\nuse x\nTAG=\${1}\nREVISION=$(git rev-parse HEAD)\n${build('$TAG-$REVISION')}\nTAG=own\n${build('$TAG')}\n`
    const { text } = importShell(script, { source: 'build.sh', directory, platform: 'linux/amd64', set })
    expect(text).toContain(".tags('1.0-abc')")
    expect(text).toContain(".tags('own')")
  })

  it('whose loops make too many commands leaves them unread, and reads the rest', () => {
    const words = Array.from({ length: 100 }, (_, at) => at).join(' ')
    const loop = `for a in ${words}; do for b in ${words}; do docker push r.example/app:$a-$b; done; done`
    const twice = 'f() { f; }; f'
    const { text, notes } = importText(`${build('1')}\n${loop}\n${twice}\n${build('2')}\n`)
    expect(notes).toEqual(expect.arrayContaining([`line 2 was not read: ${loop}`, 'line 3 was not read: f']))
    expect(text).toContain(".tags('1')")
    expect(text).toContain(".tags('2')")
  })

  it('lists a command of a loop that it cannot read once', () => {
    const { notes } = importText(`for a in 1 2; do\n${build('$a')}\nmake $a\n[ -f x ] && make\ndone\n`)
    expect(notes.filter((note) => note.startsWith('line'))).toEqual([
      'line 3 was not read: make $a',
      'line 4 was not read: [ -f x ] && make',
    ])
  })

  it('finds a Dockerfile from the working directory, as docker does', async () => {
    await writeFile(join(directory, 'Dockerfile.app'), 'FROM busybox:1\n')
    const { text, notes } = importText('docker build --platform linux/amd64 -f app/../Dockerfile.app -t t/app app\n')
    expect(notes).toEqual([])
    expect(text).toContain("{ base: fromImage('busybox:1') }")
    expect(text).toContain("{ context: 'app', dockerfile: '../Dockerfile.app' }")
  })

  it('has advice for emulators, and gives each note once', async () => {
    await writeFile(
      join(directory, 'Dockerfile.emulator'),
      'FROM alpine@sha256:'.concat('a'.repeat(64), '\nCOPY qemu-arm-static /usr/bin/\n'),
    )
    const { notes } = importText(
      'docker run --rm --privileged multiarch/qemu-user-static --reset -p yes\n' +
        'for arch in amd64 arm; do\n  docker build --platform linux/$arch -f Dockerfile.emulator -t t/app-$arch:1 .\ndone\n' +
        'docker manifest create t/app:1 t/app-amd64:1 t/app-arm:1\n',
    )
    expect(notes).toEqual([
      expect.stringMatching(/^app: in line 2 of 'Dockerfile.emulator', remove 'COPY qemu-arm-static \/usr\/bin\/'/),
      expect.stringMatching(/^app: in line 1 of 'Dockerfile.emulator', replace 'FROM alpine@sha256:a+' by/),
      'line 1 was not read: docker run --rm --privileged multiarch/qemu-user-static --reset -p yes',
      expect.stringMatching(/^build\.ts registers no emulators: `npx tsx build\.ts doctor`/),
    ])
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
