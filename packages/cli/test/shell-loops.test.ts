import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cleanup } from '../../../test/support/cleanup.js'
import { tempFolder } from '../../../test/support/temp-folder.js'
import { importShell } from '../src/import/shell/import-shell.js'

const cleanup = new Cleanup()
let directory: string

beforeAll(async () => {
  directory = cleanup.use(await tempFolder('shell-loops')).path
  await writeFile(join(directory, 'Dockerfile.own'), 'ARG BASE_IMAGE=alpine:3.22\nFROM ${BASE_IMAGE}\n')
})
afterAll(() => cleanup[Symbol.asyncDispose]())

function importText(text: string) {
  return importShell(text, { source: 'build.sh', directory, platform: 'linux/amd64' })
}

describe('a script of docker commands', () => {
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

  it('that tags each image of a loop from one name gives each build its own names', () => {
    const { text, notes } = importText(`for arch in amd64 arm64; do
  docker build --platform linux/$arch --build-arg ARCH=$arch -f Dockerfile.own -t tmp .
  docker tag tmp ghcr.io/t/app:1.0-$arch
  docker push ghcr.io/t/app:1.0-$arch
done
docker manifest create ghcr.io/t/app:1.0 ghcr.io/t/app:1.0-amd64 ghcr.io/t/app:1.0-arm64
docker manifest push ghcr.io/t/app:1.0
`)
    expect(notes).toEqual([])
    for (const arch of ['amd64', 'arm64']) {
      expect(text).toContain(
        `platform('linux/${arch}', { base: fromImage('alpine:3.22'), build: { args: { ARCH: '${arch}' } } })`,
      )
    }
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
    ['for a in linux-arm64 linux-amd64; do case $a in *arm*) t=1;; *) t=2;; esac; IMAGE; done', '$t', '1 2'],
    ['for a in 1 2; do if [ "$a" = 1 ]; then t=x; elif [[ $a == 2* ]]; then t=y; fi; IMAGE; done', '$t', 'x y'],
    ['for a in 1 2; do if [ $a != 1 ] && test -n "$a"; then IMAGE; else :; fi; done', '$a', '2'],
    ['for a in 1 2 3; do [ $a = 2 ] && continue; IMAGE; done', '$a', '1 3'],
    ['for a in 1 2 3; do [[ ! $a < 2 && $a != 3 ]] || true; [ ! $a = 2 ] || break; IMAGE; done', '$a', '1'],
    ['one() { local t=$1; IMAGE; }; t=x; one 1; one 2 > log; one $t', '$t', '1 2 x'],
    ['one() { for a in "$@"; do IMAGE; done; return; exit 1; }; one 1 2', '$a', '1 2'],
    ['one() { for a in "${@}"; do IMAGE; done; }; one 1 2', '$a', '1 2'],
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

  it.each([
    'V=$(date)',
    'read V',
    'source ./version',
    'if true; then V=2; fi',
    'while false; do V=2; done',
    'unset V',
    '((V++))',
    'let V+=1',
    'echo $((V++))',
    'getopts x V',
  ])('%s makes the value unknown that a variable had', (line) => {
    const { notes } = importText(`${build('1')}\nV=1\n${line}\ndocker push r.example/app:$V\n`)
    expect(notes).toContain('line 4 was not read: docker push r.example/app:$V')
  })

  it('has a note for words that other separators than spaces divide', () => {
    const loop = `for a in $ALL; do ${build('$a')}; done`
    const { notes } = importText(`${build('1')}\nALL=2,3\nIFS=,\n${loop}\n`)
    expect(notes).toContain(`line 4 was not read: ${loop}`)
  })

  it('uses given values for unknown variables', () => {
    const set = new Map([
      ['1', '1.0'],
      ['REVISION', 'abc'],
    ])
    const script = `set -eu\nuse() { echo "$1"; }\nuse x\nTAG=\${1}\nREVISION=$(git rev-parse HEAD)\n${build('$TAG-$REVISION')}\nTAG=own\n${build('$TAG')}\n`
    const { text } = importShell(script, { source: 'build.sh', directory, platform: 'linux/amd64', set })
    expect(text).toContain(".tags('1.0-abc')")
    expect(text).toContain(".tags('own')")
  })

  it('whose loops make too many commands skips them, and reads the rest', () => {
    const words = Array.from({ length: 100 }, (_, at) => at).join(' ')
    const loop = `for a in ${words}; do for b in ${words}; do docker push r.example/app:$a-$b; done; done`
    const twice = 'f() { f; }; f'
    const { text, notes } = importText(`${build('1')}\n${loop}\n${twice}\n${build('2')}\n`)
    expect(notes).toEqual(expect.arrayContaining([`line 2 was not read: ${loop}`, 'line 3 was not read: f']))
    expect(text).toContain(".tags('1')")
    expect(text).toContain(".tags('2')")
  })

  it.each([
    ['docker manifest inspect r.example/app:1 > /dev/null && exit 0', 'exit 0'],
    ['grep -q app list && { echo found; exit 1; }', '{ echo found; exit 1; }'],
    ['for a in 1; do docker manifest inspect app:$a && break; done', 'break'],
  ])('goes on after %s, with a note', (line, unread) => {
    const { text, notes } = importText(`${line}\n${build('1')}\n`)
    expect(text).toContain(".tags('1')")
    expect(notes).toContain(`line 1 was not read: ${unread}`)
  })

  it('keeps a label without a value, which is empty', () => {
    expect(importText('docker build --label "a b" -f Dockerfile.own -t t/app .').text).toContain(
      "labels: { 'a b': '' }",
    )
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
})
