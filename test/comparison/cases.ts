import type { BuildCase } from './build-case.js'

const BASE = 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}'

/** Names of images in every place, and in every spelling. */
const IMAGES: readonly BuildCase[] = [
  { what: 'COPY --from=IMAGE', dockerfile: 'COPY --from=TOOL /v /v', usesTool: true },
  {
    what: 'FROM IMAGE',
    dockerfile: 'ARG BASE_IMAGE\nFROM TOOL AS t\nFROM ${BASE_IMAGE}\nCOPY --from=t /v /v',
    usesTool: true,
  },
  {
    what: 'a stage that is not used',
    dockerfile: `ARG BASE_IMAGE\nFROM HOST/none:1 AS unused\nFROM \${BASE_IMAGE}\nRUN echo 1 > /v`,
  },
  {
    what: 'a bind mount of an image',
    dockerfile: 'RUN --mount=type=bind,from=TOOL,target=/t cat /t/v > /v',
    usesTool: true,
  },
  {
    what: 'options of a mount in capitals',
    dockerfile: 'RUN --mount=TYPE=bind,FROM=TOOL,target=/t cat /t/v > /v',
    usesTool: true,
  },
  {
    what: 'a quoted option of a mount',
    dockerfile: 'RUN --mount=type=bind,"from=TOOL",target=/t cat /t/v > /v',
    usesTool: true,
  },
  {
    what: 'a quoted --from',
    dockerfile: `${BASE} AS x\nRUN echo hi > /hi\nFROM \${BASE_IMAGE}\nCOPY --from="x" /hi /hi`,
  },
  {
    what: 'ONBUILD of a stage',
    dockerfile: `${BASE} AS p\nONBUILD COPY --from=TOOL /v /v\nFROM p\nRUN cat /v > /w`,
    usesTool: true,
    only: 'newer',
  },
  {
    what: 'ONBUILD of an image',
    dockerfile: 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE} AS unused\nFROM HOST/onbuild:1\nCOPY --from=unused /etc/group /g',
    usesTool: true,
    only: 'newer',
  },
  {
    what: 'ONBUILD with a mount',
    dockerfile: `${BASE} AS p\nONBUILD RUN --mount=from=TOOL,target=/t cat /t/v > /v\nFROM p`,
    usesTool: true,
    only: 'newer',
  },
  {
    what: 'an ARG in FROM',
    dockerfile: `ARG V=1\nARG BASE_IMAGE\nFROM HOST/tool:\${V} AS t\nFROM \${BASE_IMAGE}\nCOPY --from=t /v /v`,
    usesTool: true,
  },
  {
    what: 'a default in FROM',
    dockerfile: `ARG V\nARG BASE_IMAGE\nFROM HOST/tool:\${V:-1} AS t\nFROM \${BASE_IMAGE}\nCOPY --from=t /v /v`,
    usesTool: true,
  },
  {
    what: 'an alternative in FROM',
    dockerfile: `ARG V=x\nARG BASE_IMAGE\nFROM HOST/tool:\${V:+1} AS t\nFROM \${BASE_IMAGE}\nCOPY --from=t /v /v`,
    usesTool: true,
  },
  {
    what: 'the suffix of a value removed',
    dockerfile: `ARG V=1.9\nARG BASE_IMAGE\nFROM HOST/tool:\${V%.*} AS t\nFROM \${BASE_IMAGE}\nCOPY --from=t /v /v`,
    usesTool: true,
    only: 'newer',
  },
  {
    what: 'the prefix of a value removed',
    dockerfile: `ARG V=v1\nARG BASE_IMAGE\nFROM HOST/tool:\${V#v} AS t\nFROM \${BASE_IMAGE}\nCOPY --from=t /v /v`,
    usesTool: true,
    only: 'newer',
  },
  {
    what: 'a part of a value replaced',
    dockerfile: `ARG V=x1\nARG BASE_IMAGE\nFROM HOST/tool:\${V/x/} AS t\nFROM \${BASE_IMAGE}\nCOPY --from=t /v /v`,
    usesTool: true,
    only: 'newer',
  },
  {
    what: 'the architecture of the builder',
    dockerfile: `ARG BASE_IMAGE\nFROM HOST/tool-\${BUILDARCH:-none}:1 AS t\nFROM \${BASE_IMAGE}\nCOPY --from=t /v /v`,
    usesTool: true,
  },
  {
    what: 'the architecture of the target',
    dockerfile: `ARG BASE_IMAGE\nFROM HOST/tool-\${TARGETARCH}:1 AS t\nFROM \${BASE_IMAGE}\nCOPY --from=t /v /v`,
    usesTool: true,
  },
  {
    what: 'two stages of one name',
    dockerfile: `${BASE} AS x\nRUN echo 1 > /n\nFROM \${BASE_IMAGE} AS x\nRUN echo 2 > /n\nFROM \${BASE_IMAGE}\nCOPY --from=x /n /n`,
  },
  { what: 'a stage by its number', dockerfile: `${BASE}\nRUN echo 1 > /n\nFROM \${BASE_IMAGE}\nCOPY --from=0 /n /n` },
  {
    what: 'a stage named in capitals',
    dockerfile: `${BASE} AS Tools\nRUN echo 1 > /n\nFROM \${BASE_IMAGE}\nCOPY --from=tools /n /n`,
  },
  { what: 'a stage on another', dockerfile: `${BASE} AS one\nRUN echo 1 > /n\nFROM one\nRUN echo 2 > /m` },
  { what: 'a literal FROM', dockerfile: 'FROM SHARED\nRUN echo 1 > /n' },
  {
    what: 'a literal FROM with COPY --from of it',
    dockerfile: 'FROM SHARED AS a\nRUN echo 1 > /n\nFROM SHARED\nCOPY --from=SHARED /etc/group /g',
  },
  {
    what: 'the builder’s base for a stage',
    dockerfile:
      'ARG BASE_IMAGE\nFROM --platform=$BUILDPLATFORM ${BASE_IMAGE} AS t\nRUN echo 1 > /n\nFROM ${BASE_IMAGE}\nCOPY --from=t /n /n',
  },
  { what: 'the name of the base in a label', dockerfile: 'ARG BASE_IMAGE\nLABEL base=$BASE_IMAGE' },
]

/** How lines and words are read. */
const TEXT: readonly BuildCase[] = [
  { what: 'a line that ends in two backslashes', dockerfile: 'ENV SHARE=//host/C$\\\\\nRUN echo 1 > /n' },
  { what: 'a comment in a continued line', dockerfile: 'RUN echo 1 \\\n# comment\n  && echo 2 > /n' },
  { what: 'an empty line in a continued line', dockerfile: 'RUN echo 1 \\\n\n  && echo 2 > /n' },
  { what: 'another escape character', dockerfile: `# escape=\`\n${BASE}\nRUN echo \`\n  1 > /n` },
  { what: 'carriage returns', dockerfile: `${BASE}\r\nRUN echo 1 > /n\r\nENV A=b\r\n` },
  { what: 'a byte order mark', dockerfile: `\uFEFF${BASE}\nRUN echo 1 > /n` },
  { what: 'instructions in lower case', dockerfile: 'run echo 1 > /n\nenv a=b' },
  { what: 'quotes in ENV', dockerfile: 'ENV A="b c" D=e\\ f G=\'$A\' H="$A"\nENV OLD form of it' },
  { what: 'ENV that uses what it sets', dockerfile: 'ENV A=1\nENV A=2 B=$A' },
  { what: 'a heredoc', dockerfile: 'RUN <<E\necho 1 > /n\nE', only: 'newer' },
  { what: 'a heredoc with a space before its name', dockerfile: "RUN sh -s << 'E'\necho $0 > /n\nE", only: 'newer' },
  { what: 'a heredoc of another descriptor', dockerfile: 'RUN cat 3<<E <&3 > /n\nx\nE', only: 'newer' },
  { what: 'two heredocs in a line', dockerfile: 'COPY <<-A <<B /d/\n\tone\nA\n\ttwo\nB', only: 'newer' },
  {
    what: 'a heredoc with the name of an image',
    dockerfile: 'RUN cat << E > /sample\nCOPY --from=TOOL /v /v\nE',
    only: 'newer',
  },
  { what: 'a heredoc that is a Dockerfile', dockerfile: 'COPY <<E /Dockerfile\nFROM TOOL\nE', only: 'newer' },
]

/** What of the context is in the image, and how. */
const CONTEXT: readonly BuildCase[] = [
  { what: 'all files', dockerfile: 'COPY . /c', files: { a: 'a', 'b/c': 'c', 'b/d/e': 'e' } },
  { what: 'one directory of many', dockerfile: 'COPY src /c', files: { 'src/a': 'a', 'other/b': 'b' } },
  {
    what: 'wildcards',
    dockerfile: 'COPY *.txt d?/*.md /c/',
    files: { 'a.txt': 'a', 'b.txt': 'b', 'd1/x.md': 'x', 'd2/y.md': 'y', 'c.log': '' },
  },
  { what: 'a file under another name', dockerfile: 'COPY a /c/b', files: { a: 'a' } },
  {
    what: 'modes',
    dockerfile: 'COPY . /c',
    files: {
      shadow: { content: 'x', mode: 0o000 },
      tool: { content: 'x', mode: 0o4755 },
      group: { content: 'x', mode: 0o2750 },
      tmp: { directory: 0o1777 },
      closed: { directory: 0o700 },
    },
  },
  {
    what: 'extended attributes, which builds of BuildKit leave out',
    dockerfile: 'COPY . /c',
    files: { ping: { content: 'x', mode: 0o755, capability: 'cap_net_raw+ep' } },
  },
  {
    what: 'dates before 1970 and after 2038',
    dockerfile: 'COPY . /c',
    files: {
      old: { date: '1969-12-31T00:00:01Z' },
      zero: { date: '1970-01-01T00:00:00Z' },
      late: { date: '2040-06-01T12:00:00Z' },
      later: { date: '2107-01-01T00:00:00Z' },
    },
  },
  {
    what: 'symbolic links',
    dockerfile: 'COPY . /c',
    files: { a: 'a', link: { linkTo: 'a' }, dangling: { linkTo: 'nowhere' }, out: { linkTo: '/etc/passwd' } },
  },
  { what: 'a symbolic link that is copied', dockerfile: 'COPY link /c', files: { a: 'a', link: { linkTo: 'a' } } },
  { what: 'hard links', dockerfile: 'COPY . /c', files: { a: 'a', 'd/b': { hardLinkTo: 'a' } } },
  {
    what: 'empty files and directories',
    dockerfile: 'COPY . /c',
    files: { empty: '', 'no files': { directory: 0o755 } },
  },
  {
    what: 'names with spaces and signs',
    dockerfile: 'COPY . /c',
    files: { 'a b': 'a', "it's": 'x', 'ünï cödé': 'u', '#hash': 'h', '!bang': 'b' },
  },
  {
    what: 'a name that is not UTF-8',
    dockerfile: 'COPY . /c',
    files: { 'caf\xe9': { content: 'x', rawName: true } },
    only: 'older',
  },
  {
    what: 'an ignored Dockerfile',
    dockerfile: 'COPY . /c',
    files: { '.dockerignore': 'Dockerfile\n.dockerignore\n', a: 'a' },
  },
  {
    what: 'exceptions in .dockerignore',
    dockerfile: 'COPY . /c',
    files: { '.dockerignore': 'd\n!d/keep\n**/*.log\n', 'd/drop': '', 'd/keep': 'k', 'x/a.log': '', 'x/a.txt': 'a' },
  },
  {
    what: 'a copied Dockerfile',
    dockerfile: 'FROM SHARED\nCOPY --from=TOOL /v /v\nCOPY Dockerfile /c/',
    usesTool: true,
  },
  { what: '--chmod and --chown', dockerfile: 'COPY --chmod=640 --chown=65534:65534 a /c/', files: { a: 'a' } },
  { what: 'ADD of an archive', dockerfile: 'ADD files.tar /c/', files: { 'files.tar': 'archive' } },
  { what: 'COPY of an archive', dockerfile: 'COPY files.tar /c/', files: { 'files.tar': 'archive' } },
  {
    what: 'a bind mount of the context',
    dockerfile: 'RUN --mount=target=/s cat /s/a/* > /v',
    files: { 'a/x': 'x', 'a/y': 'y' },
  },
  {
    what: 'a bind mount of a directory',
    dockerfile: 'RUN --mount=type=bind,source=a,target=/s ls /s > /v',
    files: { 'a/x': 'x', 'b/y': 'y' },
  },
  {
    what: 'WORKDIR and relative paths',
    dockerfile: 'WORKDIR /w/x\nCOPY a .\nWORKDIR y\nCOPY ./a b',
    files: { a: 'a' },
  },
  {
    what: 'paths of variables',
    dockerfile: 'ARG D=src\nENV E=a\nCOPY ${D}/$E /c/',
    files: { 'src/a': 'a', 'src/b': 'b' },
  },
]

/** Settings of the image and of the build. */
const SETTINGS: readonly BuildCase[] = [
  {
    what: 'args',
    dockerfile: 'ARG A=1\nARG B\nRUN echo "$A $B" > /v',
    build: { args: { B: 'two words', UNUSED: 'x' } },
    bake: { args: { B: 'two words', UNUSED: 'x' } },
  },
  {
    what: 'labels',
    dockerfile: 'LABEL a=1 b="2 3"',
    build: { labels: { b: 'other', c: 'with "quotes"' } },
    bake: { labels: { b: 'other', c: 'with "quotes"' } },
  },
  {
    what: 'a target',
    dockerfile: `${BASE} AS one\nRUN echo 1 > /n\nFROM one AS two\nRUN echo 2 > /m`,
    build: { target: 'one' },
    bake: { target: 'one' },
  },
  {
    what: 'the config',
    dockerfile:
      'USER nobody\nEXPOSE 80 53/udp\nVOLUME /data\nSTOPSIGNAL 9\nENTRYPOINT ["/bin/sh", "-c"]\nCMD ["env"]\nHEALTHCHECK CMD true',
  },
  { what: 'commands in shell form', dockerfile: 'SHELL ["/bin/sh", "-e", "-c"]\nRUN echo 1 > /n\nCMD echo $HOME' },
  {
    what: 'a secret by its source',
    dockerfile: 'RUN --mount=type=secret,src=settings,target=/app.conf,required=true cp /app.conf /conf',
    build: { secrets: { settings: { file: 'secret' } } },
    bake: { secret: ['id=settings,src=secret'] },
  },
  { what: 'a cache mount', dockerfile: 'RUN --mount=type=cache,target=/cache echo 1 > /cache/x && echo 2 > /v' },
  { what: 'a tmpfs mount', dockerfile: 'RUN --mount=type=tmpfs,target=/t echo 1 > /t/x && ls /t > /v' },
]

export const CASES: readonly BuildCase[] = [...IMAGES, ...TEXT, ...CONTEXT, ...SETTINGS].map((one) => ({
  ...one,
  dockerfile:
    one.dockerfile.includes('FROM ') && !/^(?:RUN|COPY) /.test(one.dockerfile)
      ? one.dockerfile
      : `${BASE}\n${one.dockerfile}`,
}))
