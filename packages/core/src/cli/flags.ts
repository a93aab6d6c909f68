import { type Command, Option } from 'commander'
import { DUPLICATE_RULES, EMULATION_POLICIES, EXPORT_FORMATS, VERIFY_MODES } from '../operations/options.js'
import { POLICY_MODES } from '../operations/trust/policy-options.js'
import { PICTURE_FORMATS } from '../report/graph-formats.js'
import { BUILDER_FLAGS, collectWhole } from './builder-flags.js'
import { PROGRESS_CHOICES } from './command.js'
import { SERVE_PORT } from './commands/pull-hint.js'

const REGISTRY_HELP = 'use this registry for published names: host[:port][/prefix], or embedded[:directory]'
const BUILDER_HELP = 'use this address, docker context or buildx builder (repeatable)'

/** One definition per flag, so that a flag means the same for every command. Commander keeps an option per command. */
const FLAGS = {
  ...BUILDER_FLAGS,
  registry: () => [new Option('--registry <host>', REGISTRY_HELP)],
  builder: () => [
    new Option('--builder <address>', BUILDER_HELP).argParser(collect),
    // The previous name of `--builder`, until 1.0.
    new Option('--engine <address>', BUILDER_HELP).argParser(collect).hideHelp(),
  ],
  builderRegistry: () => [
    new Option('--builder-registry <host>', 'host:port that builders use for the registry, if it differs'),
  ],
  emulation: () => [
    new Option('--emulation <when>', 'emulate if native builders are busy, if there are none, or never').choices(
      EMULATION_POLICIES,
    ),
  ],
  only: () => [
    new Option('--only <platform>', 'build and push this platform only; moves no tag (repeatable)').argParser(collect),
  ],
  localCache: () => [
    new Option('--no-local-cache', 'ignore the cache directory: read, download and make everything again'),
  ],
  reuse: () => [new Option('--no-reuse', 'build every image, even if the registry has it')],
  rebuild: () => [
    new Option('--rebuild <image>', 'build this image, pipeline or platform again (repeatable)').argParser(collect),
  ],
  frozen: () => [
    new Option('--frozen', 'reject names missing in polyarch.lock (default in CI)'),
    new Option('--no-frozen', 'resolve names missing in polyarch.lock'),
  ],
  allowRemoval: () => [new Option('--allow-removal', 'allow removal of platforms that a tag has now')],
  pipeline: () => [
    new Option('--pipeline <name>', 'promote this pipeline of the file only (repeatable)').argParser(collect),
  ],
  referrers: () => [new Option('--no-referrers', 'do not copy signatures, SBOMs and other referrers')],
  platforms: () => [new Option('--platform <platform>', 'copy this platform only (repeatable)').argParser(collect)],
  annotation: () => [
    new Option('--annotation <name=value>', 'annotate the index (repeatable)').argParser(collectWhole),
  ],
  trustDeclared: () => [new Option('--trust-declared', 'trust a declared platform that the config contradicts')],
  duplicates: () => [
    new Option('--duplicates <rule>', 'with two images of one platform: fail, or use the last').choices(
      DUPLICATE_RULES,
    ),
  ],
  json: () => [new Option('--json', 'print the result as JSON on standard output')],
  verbose: () => [new Option('-v, --verbose', 'show build output, and causes and requests of errors')],
  progress: () => [
    new Option('--progress <how>', 'set the format of progress on standard error')
      .choices(PROGRESS_CHOICES)
      .default('auto', 'a live view on a terminal, else lines'),
    new Option('-q, --quiet', 'show no progress (same as --progress quiet)').conflicts('progress'),
  ],
  keepGoing: () => [new Option('--keep-going', 'continue after failures and report all; moves no tag')],
  skipTests: () => [new Option('--skip-tests', 'publish images without running their tests')],
  verify: () => [
    new Option('--verify <how>', 'before names move, read every image from the registry again').choices(VERIFY_MODES),
  ],
  junit: () => [new Option('--junit <file>', 'write the results of tests to this file, as JUnit XML')],
  report: () => [new Option('--report <file>', 'write an HTML page about the run to this file')],
  metadataFile: () => [new Option('--metadata-file <path>', 'write digests and names to this file, as buildx does')],
  load: () => [new Option('--load', "load the image for the engine's native platform into the engine")],
  output: () => [
    new Option(
      '--output <fields>',
      'also write the images to type=local|tar|oci|docker,dest=PATH (repeatable)',
    ).argParser(collectWhole),
  ],
  allTags: () => [new Option('--all', 'also list the tags in which polyarch keeps results and records')],
  attestations: () => [new Option('--attestations', 'also list signatures, statements and other referrers')],
  sign: () => [new Option('--no-sign', 'publish without the signatures that build.ts configures')],
  policy: () => [
    new Option('--policy <mode>', 'report violations of the policy in build.ts, or fail').choices(POLICY_MODES),
  ],
  exitCode: () => [new Option('--exit-code', 'exit with 3 if a run would change something')],
  format: () => [
    new Option('--format <form>', 'set the picture format (default: from --out, else tree)')
      .choices(PICTURE_FORMATS)
      .conflicts('json'),
  ],
  runner: () => [
    new Option('--runner <label>', 'use this runner for a platform: linux/arm64=LABEL (repeatable)').argParser(
      collectWhole,
    ),
  ],
  exportFormat: () => [new Option('--format <form>', 'set the format (default: bake)').choices(EXPORT_FORMATS)],
  out: () => [new Option('--out <file>', 'write to this file instead of standard output')],
  definitionOnly: () => [
    new Option('--no-plan', 'draw the definition only; contacts no builder or registry').conflicts([
      ...['builder', 'engine', 'builderRegistry', 'emulation', 'localCache', 'reuse', 'rebuild', 'frozen', 'only'],
    ]),
  ],
  update: () => [new Option('--update', 'resolve locked names again, and list what moved')],
  delete: () => [new Option('--delete', 'delete the listed key tags')],
  keep: () => [new Option('--keep <image>', 'keep this name or digest and its images (repeatable)').argParser(collect)],
  olderThan: () => [
    new Option('--older-than <duration>', 'keep what was pushed in this period: 7d, 36h (default: 24h)'),
  ],
  hostName: () => [
    new Option('--host-name <name>', 'also accept requests for this host name (repeatable)').argParser(collect),
  ],
  sparse: () => [new Option('--sparse', 'accept manifests that refer to missing content')],
  port: () => [new Option('--port <number>', 'listen on this port; 0 selects a free one').default(String(SERVE_PORT))],
} as const satisfies Readonly<Record<string, () => readonly Option[]>>

/** Name of an entry in the table of flags. */
export type FlagName = keyof typeof FLAGS

/** Adds flags to a command, in the order of its help. */
export function addFlags(command: Command, names: readonly FlagName[]): Command {
  for (const option of names.flatMap((name) => FLAGS[name]())) command.addOption(option)
  return command
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...value.split(',')]
}
