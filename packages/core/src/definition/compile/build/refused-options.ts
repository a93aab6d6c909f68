/** Why an option that users know from elsewhere is none here, and what there is instead. */
export interface RefusedOption {
  readonly message: string
  readonly hint: string
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ['secret', 'secrets'],
  ['file', 'dockerfile'],
  ['dockerfile-inline', 'dockerfileInline'],
  ['buildArgs', 'args'],
  ['label', 'labels'],
  ['no-cache', 'noCache'],
  ['no-cache-filter', 'noCacheFilter'],
  ['allow', 'entitlements'],
  ['cache-from', 'cacheFrom'],
  ['cache-to', 'cacheTo'],
  ['shm-size', 'shmSize'],
  ['ulimit', 'ulimits'],
  ['attests', 'attest'],
  ['provenance', 'attest'],
  ['sbom', 'attest'],
  ['build-context', 'contexts'],
  ['extra-hosts', 'addHosts'],
  ['extraHosts', 'addHosts'],
])

const PUBLISHED: RefusedOption = {
  message: "a build's result goes to the pipeline's repository, and nowhere else",
  hint: 'use --load to have it in the engine too, or --output type=oci,dest=image.tar for a file',
}

const REFUSED: ReadonlyMap<string, RefusedOption> = new Map([
  ...['output', 'outputs', 'exports', 'push', 'load'].map((name) => [name, PUBLISHED] as const),
  [
    'platforms',
    { message: 'platforms are said once, for the pipeline', hint: "write .platforms(platform('amd64', …))" },
  ],
  [
    'platform',
    { message: 'platforms are said once, for the pipeline', hint: "write .platforms(platform('amd64', …))" },
  ],
  [
    'annotations',
    { message: 'annotations are said by level', hint: 'write .annotations({ index: …, manifest: … }) on the pipeline' },
  ],
  ['tags', { message: 'tags are those of the index, not of a build', hint: "write .tags('1.0')" }],
  ['matrix', { message: 'there is no matrix', hint: 'values may be functions of the platform; build.ts is a program' }],
])

/** Looks an option up among those of other tools. */
export function refusedOption(name: string): RefusedOption | undefined {
  const word = WORDS.get(name)
  if (word !== undefined) return { message: `there is no build option '${name}'`, hint: `here it is '${word}'` }
  const camel = name.replace(/-([a-z])/g, (_match, letter: string) => letter.toUpperCase())
  return REFUSED.get(camel)
}
