import { YAMLError } from 'yaml'
import { isBakeFile } from '../../../packages/cli/src/import/bake/bake-file.js'
import { importBake } from '../../../packages/cli/src/import/bake/import-bake.js'
import { importManifestTool, isManifestToolFile } from '../../../packages/cli/src/import/manifest-tool.js'
import { importShell } from '../../../packages/cli/src/import/shell/import-shell.js'
import { readScript } from '../../../packages/cli/src/import/shell/script.js'
import { parseYaml } from '../../../packages/cli/src/import/yaml.js'
import type { FuzzTarget } from '../target.js'
import { checkImportedCode } from './imported-code.js'
import { json } from './values.js'

const OPTIONS = { source: 'file', directory: '/nowhere', platform: 'linux/amd64' }

/** Texts that are easily found again: whatever an importer reads of them has to be in what it writes. */
const MARKS = ['zqa1', 'zqb2', 'zqc3', '--zqd4', 'zqe5=zqf6', '/zqg7', ',zqh8=1', ':zqi9'] as const
const MARK = /zq[a-z]\d/g

/** Code that would do harm if text of the file became code. */
const CODE = ["');evil();('", '`${evil()}`', '*/evil()//', '\nevil()\n', '\u2028evil()', '${evil()}', "']:evil(),['"]

const WORDS = [...MARKS, ...CODE]

/** Checks what was written. @param read - everything that the importer has to write or to report */
function checkWritten(text: string, read: string): void {
  checkImportedCode(text)
  const lost = (read.match(MARK) ?? []).find((mark) => !text.includes(mark))
  if (lost !== undefined) throw new Error(`'${lost}' was dropped: ${read.slice(0, 500)}`)
}

const BAKE = json({
  group: { default: { targets: ['app', 'tool'] }, other: { targets: ['app'] } },
  target: {
    app: {
      context: '.',
      contexts: { extra: 'docker-image://alpine:3.22', tool: 'target:tool' },
      dockerfile: 'Dockerfile',
      args: { V: '1', BASE_IMAGE: 'alpine:3.22' },
      labels: { 'org.example.a': 'b' },
      tags: ['ghcr.io/t/app:1', 'ghcr.io/t/app:latest', 'docker.io/t/other:1'],
      annotations: ['index,manifest[linux/amd64]:a=b', 'c=d'],
      platforms: ['linux/amd64', 'linux/arm/v7'],
      target: 'release',
      secret: [{ id: 'token', src: 'token' }, 'id=other,env=OTHER'],
      ssh: ['default', 'key=/a,/b'],
      'cache-from': [{ type: 'registry', ref: 'ghcr.io/t/cache' }, 'type=gha'],
      'cache-to': ['type=registry,ref=ghcr.io/t/cache,mode=max'],
      output: ['type=registry', { type: 'docker', dest: 'a.tar' }],
      attest: [{ type: 'provenance', mode: 'max' }, 'type=sbom,generator=x'],
      'no-cache': true,
      'no-cache-filter': ['release'],
      pull: true,
      network: 'none',
      'shm-size': '1g',
      ulimits: ['nofile=1024:1024'],
      'extra-hosts': { a: '10.0.0.1' },
      entitlements: ['network.host'],
      call: 'build',
      description: 'the app',
    },
    tool: { context: 'tool', 'dockerfile-inline': 'FROM alpine:3.22\nRUN true\n', tags: ['ghcr.io/t/tool:1'] },
  },
})

const MANIFEST_TOOL = json({
  image: 'ghcr.io/t/app:1.0',
  tags: ['latest'],
  manifests: [
    { image: 'ghcr.io/t/app-amd64:1.0', platform: { architecture: 'amd64', os: 'linux' } },
    { image: 'ghcr.io/t/app-arm:1.0', platform: { architecture: 'arm', os: 'linux', variant: 'v7', features: ['x'] } },
  ],
})

const SCRIPTS = [
  'set -e\nVERSION=1\ndocker pull ubuntu:18.04\ndocker tag ubuntu:18.04 t/from-amd64:2\ndocker push t/from-amd64:2\n' +
    'docker manifest create t/from:2 t/from-amd64:2 t/from-arm:2\ndocker manifest annotate t/from:2 t/from-arm:2 --os linux --arch arm\n' +
    'docker manifest push --purge t/from:2\ndocker build -qt "t/app-amd64:$VERSION" --build-arg A=1 . && docker push t/app-amd64:$VERSION\n' +
    'docker build -t t/app-arm:$VERSION -f Dockerfile.arm .\ndocker manifest create t/app:1 t/app-amd64:1 t/app-arm:1\n',
  'docker buildx build --platform linux/amd64,linux/arm64 --secret id=t,env=T --cache-to type=inline --provenance=mode=max ' +
    "--label 'a=b c' --push -t ghcr.io/t/app:1 -tghcr.io/t/app:2 --output type=oci,dest=a.tar .\n" +
    'docker buildx imagetools create -t ghcr.io/t/app:3 ghcr.io/t/app:1\nif true; then docker push a/b; fi\n',
  'tag=1 all="amd64 arm64"\nimages=()\nbuild() { local name=t/app:$tag-${1#linux/}; docker build -t $name --build-arg A=${1//\\//-} "${@:2}" . || exit 1; }\n' +
    'for arch in $all {s390x,ppc64le}; do\n  case $arch in arm*) args=(--label a=b);; *) args=(--label c);; esac\n' +
    '  [ "$arch" != amd64 ] || continue\n  if [[ $arch == s* && -n $tag ]]; then build linux/$arch; else docker build -t t/app:$tag-$arch "${args[@]}" .; fi\n' +
    '  images+=(t/app:$tag-$arch)\n  docker push t/app:$tag-$arch > log\ndone\ndocker manifest create t/app:$tag "${images[@]}"\n',
]

/** Commands of a script that change nothing in a registry. */
const WITHOUT_EFFECT =
  /^(?:sudo )?(?:(?:set|echo|printf|true|:|sleep|wait|docker-credential-helpers)\b|docker (?:pull|image pull|login|logout|tag|image tag|manifest (?:inspect|rm)|buildx (?:create|use|imagetools inspect))\b)/

const ANNOTATION = /^docker manifest annotate \S+ \S+ /

/** Switches in one word, and a flag whose value is the rest of it: `-qzqe5` is `-q -z qe5`. */
const SHORT_FLAGS = / -[qaDp]*\w/g

/**
 * What the importer of scripts has to write: the words of commands that change a registry, and what it cannot read. The
 * names of a build are local if others are pushed.
 */
function readOf(text: string, written: string): string {
  const { commands, unread } = readScript(text)
  const lines = commands
    .map(({ words, line, text: command }) => {
      // A command that is not known is written as in the script: with the names of variables, not with their values.
      return written.includes(`line ${line} was not read: `) ? command : words.join(' ')
    })
    .filter((line) => !WITHOUT_EFFECT.test(line))
    .filter((line, at, all) => {
      // As in docker, a later annotation of the image in the list replaces it.
      const [annotated] = ANNOTATION.exec(line) ?? []
      return annotated === undefined || !all.slice(at + 1).some((later) => later.startsWith(annotated))
    })
    .map((line) => (/ build /.test(line) ? line.replace(/ (?:-\w*t|--tag)[ =]?\S*/g, '') : line))
    .map((line) => line.replace(SHORT_FLAGS, '$& '))
  // There, quotes may divide a mark: `z''qa1`.
  const whole = lines.map((line) => line.replace(MARK, (mark) => (text.includes(mark) ? mark : '')))
  return [...whole, ...unread.map((one) => one.text)].join('\n')
}

/** The files of other tools that `polyarch import` reads. */
export const IMPORT_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'import-bake',
    seeds: [BAKE],
    words: WORDS,
    read(input) {
      const value: unknown = JSON.parse(input.toString())
      if (!isBakeFile(value)) return
      const { text } = importBake(value, OPTIONS)
      checkWritten(text, json(value))
    },
    errors: [SyntaxError],
  },
  {
    name: 'import-manifest-tool',
    seeds: [MANIFEST_TOOL],
    words: WORDS,
    read(input) {
      const value: unknown = parseYaml(input.toString())
      if (!isManifestToolFile(value)) return
      const { text } = importManifestTool(value, OPTIONS.source)
      checkWritten(text, json(value))
    },
    errors: [YAMLError, ReferenceError, RangeError],
  },
  {
    name: 'import-shell',
    seeds: SCRIPTS,
    words: WORDS,
    read(input) {
      const source = input.toString()
      const { text } = importShell(source, OPTIONS)
      checkWritten(text, readOf(source, text))
    },
  },
]
