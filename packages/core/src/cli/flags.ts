import { type Command, Option } from 'commander'
import { EMULATION_POLICIES } from '../operations/options.js'
import { PICTURE_FORMATS } from '../report/graph/formats.js'
import { PROGRESS_CHOICES } from './command.js'
import { SERVE_PORT } from './commands/pull-hint.js'

const REGISTRY_HELP = 'use this registry for published names: host[:port][/prefix], or embedded[:directory]'
const BUILDER_HELP = 'builder (repeatable): an address, a docker context, or a builder of buildx'

/** One definition per flag, so that a flag means the same for every command. Commander keeps an option per command. */
const FLAGS = {
  registry: () => [new Option('--registry <host>', REGISTRY_HELP)],
  builder: () => [
    new Option('--builder <address>', BUILDER_HELP).argParser(collect),
    // The former name of `--builder`, until 1.0.
    new Option('--engine <address>', BUILDER_HELP).argParser(collect).hideHelp(),
  ],
  emulation: () => [
    new Option(
      '--emulation <when>',
      'emulate a platform if native engines are busy, if there is none, or never',
    ).choices(EMULATION_POLICIES),
  ],
  only: () => [
    new Option('--only <platform>', 'build and push this platform only; moves no name (repeatable)').argParser(collect),
  ],
  contextCache: () => [new Option('--no-context-cache', 'read every file of the context, also unchanged ones')],
  reuse: () => [new Option('--no-reuse', 'build every image, even if the registry has an equal one')],
  rebuild: () => [
    new Option('--rebuild <image>', 'build this image, pipeline or platform again (repeatable)').argParser(collect),
  ],
  frozen: () => [
    new Option('--frozen', 'refuse names missing in polyarch.lock; the default in CI with a lock'),
    new Option('--no-frozen', 'resolve names missing in polyarch.lock from their registry'),
  ],
  allowRemoval: () => [new Option('--allow-removal', 'let a name lose a platform that it has now')],
  pipeline: () => [
    new Option('--pipeline <name>', 'promote this pipeline of the file only (repeatable)').argParser(collect),
  ],
  referrers: () => [new Option('--no-referrers', 'leave signatures, SBOMs and other referrers of the image behind')],
  json: () => [new Option('--json', 'print the result as JSON on standard output')],
  verbose: () => [new Option('-v, --verbose', 'show build output, and causes and requests of errors')],
  progress: () => [
    new Option('--progress <how>', 'show the run on standard error')
      .choices(PROGRESS_CHOICES)
      .default('auto', 'a live view on a terminal, else lines'),
    new Option('-q, --quiet', 'show no progress, as --progress quiet').conflicts('progress'),
  ],
  keepGoing: () => [new Option('--keep-going', 'continue after failures and report all of them; moves no name')],
  report: () => [new Option('--report <file>', 'write an HTML page about the run to this file')],
  metadataFile: () => [new Option('--metadata-file <path>', 'write digests and names to this file, as buildx does')],
  load: () => [new Option('--load', "load the image for the engine's native platform into the engine")],
  output: () => [
    new Option(
      '--output <fields>',
      'also write the result to type=local|tar|oci|docker,dest=PATH (repeatable)',
    ).argParser(collectWhole),
  ],
  exitCode: () => [new Option('--exit-code', 'exit with 3 if a run would change something')],
  format: () => [
    new Option('--format <form>', 'form of the picture; by default from the ending of --out, else tree')
      .choices(PICTURE_FORMATS)
      .conflicts('json'),
  ],
  out: () => [new Option('--out <file>', 'write to this file instead of standard output')],
  definitionOnly: () => [
    new Option('--no-plan', 'draw the definition only; contacts no engine and no registry').conflicts([
      ...['builder', 'engine', 'emulation', 'contextCache', 'reuse', 'rebuild', 'frozen', 'only'],
    ]),
  ],
  update: () => [new Option('--update', 'also resolve locked names again, and list what moved')],
  delete: () => [new Option('--delete', 'delete the listed key tags')],
  keep: () => [new Option('--keep <image>', 'keep this name or digest and its images (repeatable)').argParser(collect)],
  olderThan: () => [
    new Option('--older-than <duration>', 'keep what was pushed less than this time ago, as 7d or 36h (default: 24h)'),
  ],
  hostName: () => [
    new Option('--host-name <name>', 'also answer requests under this name of the host (repeatable)').argParser(
      collect,
    ),
  ],
  sparse: () => [new Option('--sparse', 'accept manifests that refer to content which is not stored here')],
  port: () => [new Option('--port <number>', 'listen on this port; 0 takes a free one').default(String(SERVE_PORT))],
} as const satisfies Readonly<Record<string, () => readonly Option[]>>

/** Name of an entry in the table of flags. */
export type FlagName = keyof typeof FLAGS

/** Adds flags to a command, in the order of its help. */
export function addFlags(command: Command, names: readonly FlagName[]): Command {
  for (const option of names.flatMap((name) => FLAGS[name]())) command.addOption(option)
  return command
}

/** A value with commas of its own. */
function collectWhole(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...value.split(',')]
}
