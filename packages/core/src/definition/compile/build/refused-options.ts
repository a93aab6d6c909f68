/** An option of another tool that does not exist here: the reason, and the replacement. */
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
  message: "a build has no outputs: its image is pushed to the pipeline's repository",
  hint: 'use --load to load it into the engine, or --output type=oci,dest=image.tar for a file',
}

const REFUSED: ReadonlyMap<string, RefusedOption> = new Map([
  ...['output', 'outputs', 'exports', 'push', 'load'].map((name) => [name, PUBLISHED] as const),
  [
    'platforms',
    { message: 'platforms are declared once, on the pipeline', hint: "write .platforms(platform('amd64', …))" },
  ],
  [
    'platform',
    { message: 'platforms are declared once, on the pipeline', hint: "write .platforms(platform('amd64', …))" },
  ],
  [
    'annotations',
    { message: 'annotations have levels', hint: 'write .annotations({ index: …, manifest: … }) on the pipeline' },
  ],
  ['tags', { message: 'tags belong to the index, not to a build', hint: "write .tags('1.0')" }],
  [
    'matrix',
    { message: 'matrix does not exist', hint: 'use a function of the platform as value, or a loop in build.ts' },
  ],
])

/** Finds an option of another tool. */
export function refusedOption(name: string): RefusedOption | undefined {
  const word = WORDS.get(name)
  if (word !== undefined) return { message: `build option '${name}' does not exist`, hint: `use '${word}'` }
  const camel = name.replace(/-([a-z])/g, (_match, letter: string) => letter.toUpperCase())
  return REFUSED.get(camel)
}
